package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.testkit.RefusedPort;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code weft check} of a control plane without Kubernetes. */
final class CheckCommandTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private ControlPlane controlPlane;
  private Cli cli;

  @BeforeEach
  void start() throws IOException {
    ControlPlaneOptions standard = ControlPlaneOptions.embedded(folder.resolve("store"));
    controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                standard.store(),
                "127.0.0.1",
                0,
                0,
                standard.instanceTtl(),
                standard.replicaId(),
                standard.clusterDomain(),
                standard.security(),
                standard.kubernetes()));
    controlPlane.ready().join();
    cli = new Cli();
  }

  @AfterEach
  void stop() {
    cli.close();
    controlPlane.close();
  }

  @Test
  void aMeshThatIsWellPasses() {
    register("catalog-0", Readiness.READY);

    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              assertThat(check()).as(cli.out + cli.err).isZero();
              assertThat(cli.out).contains("each of 1 instances is ready");
            });
    assertThat(cli.out).contains("follows its store").contains("all is well");
  }

  @Test
  void aServiceThatNobodyServesIsNamedWithTheRemedy() {
    register("catalog-0", Readiness.NOT_READY);

    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              assertThat(check("-o", "json")).isEqualTo(1);
              assertThat(cli.out)
                  .contains("\"id\": \"instance-ready\"")
                  .contains("service default/catalog")
                  .contains("none of its 1 instances is ready")
                  .contains("weft registry list catalog -n default")
                  .contains("still warming up");
            });
    assertThat(check("--namespace", "elsewhere")).as(cli.out).isZero();
  }

  @Test
  void noControlPlaneIsAFindingWithTheRemedy() {
    try (var refused = new RefusedPort()) {
      assertThat(cli.bare("check", "--control-plane", "127.0.0.1:" + refused.port())).isEqualTo(1);
    }
    assertThat(cli.out)
        .contains("ERROR    control-plane: no control plane answers at")
        .contains("-> Start one with 'weft control-plane'");
  }

  private int check(String... more) {
    String[] all = new String[more.length + 3];
    all[0] = "check";
    all[1] = "--control-plane";
    all[2] = "127.0.0.1:" + controlPlane.grpcPort();
    System.arraycopy(more, 0, all, 3, more.length);
    return cli.bare(all);
  }

  private void register(String id, Readiness readiness) {
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress(
                "127.0.0.1", controlPlane.grpcPort(), InsecureChannelCredentials.create())
            .build();
    try {
      RegistryServiceGrpc.newBlockingStub(channel)
          .register(
              RegisterRequest.newBuilder()
                  .setInstance(
                      Instance.newBuilder()
                          .setId(id)
                          .setNamespace("default")
                          .setService("catalog")
                          .setAddress("127.0.0.1")
                          .setReadiness(readiness)
                          .setReadinessReason("still warming up")
                          .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080)))
                  .build());
    } finally {
      channel.shutdownNow();
    }
  }
}
