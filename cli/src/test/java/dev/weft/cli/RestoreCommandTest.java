package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.testkit.EtcdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person types when etcd was emptied, against a real control plane and a real etcd. */
final class RestoreCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private EtcdServer etcd;
  private ControlPlane controlPlane;
  private Cli cli;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    etcd = EtcdServer.start();
    controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(folder.resolve("unused"))
                .withPorts(0, 0)
                .withStore(new StoreOptions.Etcd(EtcdOptions.of(etcd.endpoint()))));
    controlPlane.ready().join();
    cli = new Cli();
    Path services =
        Files.writeString(
            folder.resolve("services.yaml"), service("catalog") + service("v1") + service("v2"));
    assertThat(weft("apply", "-f", services.toString())).isZero();
  }

  @AfterEach
  void stop() throws IOException {
    cli.close();
    controlPlane.close();
    etcd.close();
  }

  @Test
  void whatAnEmptiedStoreHasLostIsShownAndWrittenBack() {
    assertThat(weft("registry", "restore")).isZero();
    assertThat(cli.err)
        .isEqualTo("nothing is withheld at this control plane; the others were told, too\n");
    empty();

    assertThat(weft("registry", "restore", "--dry-run")).isZero();
    assertThat(cli.err).startsWith("the store was emptied or is another one: ");
    assertThat(cli.out)
        .isEqualTo(
            """
            policy/apply/Service/default/catalog
            policy/apply/Service/default/v1
            policy/apply/Service/default/v2
            """);
    assertThat(weft("check")).isEqualTo(1);
    assertThat(cli.out).contains("what was known of 3 documents stays in force");

    assertThat(weft("registry", "restore")).isZero();
    assertThat(cli.out).startsWith("restored 3 keys at revision ");
    assertThat(weft("registry", "restore", "--dry-run")).isZero();
    assertThat(cli.err).isEqualTo("nothing is withheld at this control plane\n");
    assertThat(weft("get", "services")).isZero();
    assertThat(cli.out).contains("catalog").contains("v1").contains("v2");
    assertThat(weft("check")).isZero();
  }

  @Test
  void anEmptyStoreIsAcceptedWhenThatIsMeant() {
    empty();

    assertThat(weft("registry", "restore", "--accept")).isZero();

    assertThat(cli.out).startsWith("accepted 3 keys at revision ");
    assertThat(weft("get", "services")).isZero();
    assertThat(cli.out).doesNotContain("catalog");
  }

  private void empty() {
    etcd.wipe();
    etcd.startAgain();
    await()
        .atMost(PATIENCE)
        .until(() -> controlPlane.metricsText().contains("weft_registry_withheld 3.0"));
  }

  private static String service(String name) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{port: 80}]}
        """
        .formatted(name);
  }

  private int weft(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--control-plane";
    all[args.length + 1] = "127.0.0.1:" + controlPlane.grpcPort();
    return cli.bare(all);
  }
}
