package dev.weft.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.KubernetesOptions;
import dev.weft.controlplane.app.SecurityOptions;
import dev.weft.testkit.Programs;
import dev.weft.testkit.RefusedPort;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code weft port-forward} to a real control plane, through an API server that only forwards;
 * {@link ClusterCommandsTest} has a real one.
 */
final class PortForwardCommandTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private ControlPlane controlPlane;
  private ForwardingApiServer api;
  private String kubeconfig;

  @BeforeEach
  void start() throws IOException {
    ControlPlaneOptions standard = ControlPlaneOptions.embedded(folder.resolve("store"));
    Path authority = folder.resolve("authority");
    controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                standard.store(),
                "127.0.0.1",
                0,
                0,
                standard.instanceTtl(),
                "one",
                standard.clusterDomain(),
                new SecurityOptions(
                    SecurityOptions.Tls.AUTHORITY,
                    null,
                    authority,
                    List.of("weft-control-plane.weft-system.svc"),
                    false,
                    "weft-system"),
                KubernetesOptions.OFF));
    controlPlane.ready().join();
    api = new ForwardingApiServer(authority.resolve("ca.crt"));
    kubeconfig = kubeconfig("token: jane-token");
  }

  @AfterEach
  void stop() {
    api.close();
    controlPlane.close();
  }

  @Test
  void whatIsPrintedLeadsAClientToTheControlPlane() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    Path ca;
    try (RunningCommand command = forward()) {
      try (PrintedClient client = PrintedClient.of(command)) {
        assertThat(client.replica()).isEqualTo("one");
        assertThat(client.services()).contains("weft.mesh.v1.MeshService");
        assertThat(client.authority()).isEqualTo("weft-control-plane.weft-system.svc");
        ca = client.ca();
        assertThat(ca).isRegularFile();
      }
      assertThat(command.out())
          .startsWith("WEFT_TOKEN=$(kubectl config view")
          .contains("--kubeconfig=" + kubeconfig + " --context=here")
          .doesNotContain("jane-token");
      assertThat(command.err())
          .contains("leads to the control plane in namespace weft-system of http://127.0.0.1:")
          .contains("connections go to the pod first")
          .contains("as jane, by the kubeconfig's token")
          .doesNotContain("error");
      assertThat(command.end()).isZero();
    }
    assertThat(ca).doesNotExist();
  }

  @Test
  void grpcurlItselfTakesWhatIsPrinted() throws Exception {
    for (String program : List.of("bash", "kubectl", "grpcurl")) {
      assumeTrue(Programs.find(program) != null, "needs " + program);
    }
    api.pod("first", controlPlane.grpcPort(), true);
    TestCa.Issued jane = new TestCa("people").issueRsa("jane");
    for (String user :
        List.of(
            "token: jane-token",
            "client-certificate-data: %s, client-key-data: %s"
                .formatted(base64(jane.certificatePem()), base64(jane.keyPem())))) {
      kubeconfig = kubeconfig(user);
      try (RunningCommand command = forward();
          PrintedClient client = PrintedClient.of(command)) {
        assertThat(client.replica()).isEqualTo("one");
        assertThat(typed(command.out())).contains("weft.mesh.v1.MeshService\n");
        assertThat(typed(command.out().replace(" list\n", " weft.mesh.v1.MeshService/ListNodes\n")))
            .contains("\"replica\": \"one\"");
      }
    }
  }

  @Test
  void aNamedPortIsTakenAndANamedFileIsKept() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    int port;
    try (ServerSocket socket = loopback()) {
      port = socket.getLocalPort();
    }
    Path ca = folder.resolve("mesh.crt");
    try (RunningCommand command =
        forward("--port", Integer.toString(port), "--ca-file", ca.toString())) {
      try (PrintedClient client = PrintedClient.of(command)) {
        assertThat(client.port()).isEqualTo(port);
        assertThat(client.ca()).isEqualTo(ca);
        assertThat(client.replica()).isEqualTo("one");
      }
      assertThat(command.end()).isZero();
    }
    assertThat(Files.readString(ca)).startsWith("-----BEGIN CERTIFICATE-----");
  }

  @Test
  void anotherPodIsFoundWhenTheFirstGoes() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    try (RunningCommand command = forward();
        PrintedClient client = PrintedClient.of(command)) {
      assertThat(client.replica()).isEqualTo("one");

      api.gone("first");
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                assertThat(client.failure()).contains("UNAVAILABLE");
                assertThat(command.err()).contains("error: none of the 0 control planes");
              });

      api.pod("second", controlPlane.grpcPort(), true);
      await().atMost(LONG).until(client::failure, String::isEmpty);
      assertThat(command.err()).contains("connections go to the pod second");
    }
  }

  @Test
  void aPodThatIsReadyOnlyByNameIsPassedOver() throws Exception {
    try (var refused = new RefusedPort()) {
      api.pod("dead", refused.port(), true);
      api.pod("living", controlPlane.grpcPort(), true);
      try (RunningCommand command = forward();
          PrintedClient client = PrintedClient.of(command)) {
        assertThat(client.replica()).isEqualTo("one");
        assertThat(command.err()).contains("connections go to the pod living");
      }
    }
  }

  @Test
  void whoeverLeavesAtOnceIsNoFailure() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    try (RunningCommand command = forward();
        PrintedClient client = PrintedClient.of(command)) {
      for (int i = 0; i < 5; i++) {
        new Socket(InetAddress.getLoopbackAddress(), client.port()).close();
      }
      assertThat(client.replica()).isEqualTo("one");
      assertThat(command.err()).doesNotContain("error");
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (ServerSocket taken = loopback();
        Cli cli = new Cli()) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(cli.bare("port-forward", "--kubeconfig", kubeconfig, "--port", port)).isEqualTo(1);
      assertThat(cli.err)
          .startsWith("error: port " + port + " of 127.0.0.1 cannot be listened on: ")
          .contains("name another one with --port");
      assertThat(cli.out).isEmpty();
      assertThat(cli.bare("port-forward", "--kubeconfig", kubeconfig, "--port", "70000"))
          .isEqualTo(2);
      assertThat(cli.err).contains("--port 70000 is no port");
    }
  }

  @Test
  void noReadyPodIsSaidWithWhatToLookAt() throws Exception {
    api.pod("first", controlPlane.grpcPort(), false);
    assertThat(failure())
        .startsWith("error: none of the 1 control planes in namespace weft-system is ready")
        .contains("kubectl get pods -n weft-system");
  }

  @Test
  void aPodThatDoesNotListenIsSaidToRefuse() throws Exception {
    try (var refused = new RefusedPort()) {
      api.pod("first", refused.port(), true);
      assertThat(failure())
          .startsWith("error: no connection to the pod first: ")
          .contains("error forwarding port 7700");
    }
  }

  @Test
  void aRightThatIsMissingIsNamed() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    api.forbid("pods/portforward");
    assertThat(failure())
        .startsWith("error: no connection to the pod first: ")
        .contains("403 Forbidden")
        .contains("needs get and create on pods/portforward");
    api.forbid("configmaps");
    assertThat(failure())
        .startsWith("error: cannot get the ConfigMap weft-system/weft-ca: configmaps is forbidden");
    api.forbid("pods");
    assertThat(failure())
        .startsWith("error: cannot find the control plane in namespace weft-system: pods is");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() throws Exception {
    api.pod("first", controlPlane.grpcPort(), true);
    String nowhere = folder.resolve("none/ca.crt").toString();
    try (RunningCommand command = forward("--ca-file", nowhere)) {
      assertThat(command.await()).isEqualTo(1);
      assertThat(command.err()).contains("cannot be written to --ca-file " + nowhere);
      assertThat(command.out()).isEmpty();
    }
  }

  private String kubeconfig(String user) throws IOException {
    return api.kubeconfig(folder.resolve("kubeconfig"), user).toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }

  /** What a command prints that somebody types in a shell. */
  private static String typed(String command) throws IOException, InterruptedException {
    Process bash = new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
    String printed = new String(bash.getInputStream().readAllBytes(), US_ASCII);
    assertThat(bash.waitFor()).as(printed).isZero();
    return printed;
  }

  private RunningCommand forward(String... more) {
    String[] all = new String[more.length + 3];
    all[0] = "port-forward";
    all[1] = "--kubeconfig";
    all[2] = kubeconfig;
    System.arraycopy(more, 0, all, 3, more.length);
    return new RunningCommand(all);
  }

  /** What it says when it ends by itself. */
  private String failure() {
    try (RunningCommand command = forward()) {
      assertThat(command.await()).isEqualTo(1);
      assertThat(command.out()).isEmpty();
      List<String> errors =
          command.err().lines().filter(line -> line.startsWith("error: ")).toList();
      assertThat(errors).as(command.err()).hasSize(1);
      return errors.getFirst();
    }
  }

  private static ServerSocket loopback() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }
}
