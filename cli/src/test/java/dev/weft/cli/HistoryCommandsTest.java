package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the guide of history, against a real control plane. */
final class HistoryCommandsTest {
  private ControlPlane controlPlane;
  private Cli cli;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    controlPlane =
        ControlPlane.start(ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(0, 0));
    controlPlane.ready().join();
    cli = new Cli();
  }

  @AfterEach
  void stop() {
    cli.close();
    controlPlane.close();
  }

  @Test
  void whatWentWrongIsFoundAndPutBack() throws IOException {
    apply("services", service("catalog", 80) + service("v1", 80) + service("v2", 80), "begin");
    apply("canary", canary(90, 10), "canary of v2");
    apply("canary", canary(0, 100), "all of it");

    assertThat(weft("history", "httproute", "canary")).isZero();
    assertThat(cli.out.lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).matches("REVISION +TIME +CHANGE +OBJECT +BY +REASON"),
            line ->
                assertThat(line)
                    .matches(
                        "\\d+ \\* +20\\S+Z +changed +httproute.gateway.networking.k8s.io/canary"
                            + " +127.0.0.1 \\(not authenticated\\) +all of it"),
            line -> assertThat(line).matches("\\d+ +20\\S+Z +created .* canary of v2"));
    String[] revisions = revisions();
    String bad = revisions[0];
    String good = revisions[1];

    assertThat(weft("diff", "--revision", good, bad, "httproute", "canary")).isZero();
    assertThat(cli.out)
        .startsWith("--- httproute.gateway.networking.k8s.io/canary  revision " + good + ", 20")
        .contains("+++ httproute.gateway.networking.k8s.io/canary  revision " + bad + ", 20")
        .contains("\n-          weight: 90\n+          weight: 0\n")
        .contains(": all of it\n");
    assertThat(weft("diff", "--revision", good, "now", "--exit-code")).isEqualTo(1);
    assertThat(weft("diff", "--revision", good, good, "--exit-code")).isZero();
    assertThat(cli.err).contains("nothing differs");
    assertThat(weft("diff", "--revision", good, bad, "-o", "json")).isZero();
    assertThat(cli.out).contains("\"change\": \"changed\"").contains("\"name\": \"canary\"");

    assertThat(weft("get", "httproute", "canary", "--revision", good, "-o", "yaml")).isZero();
    assertThat(cli.out).contains("weight: 90");

    assertThat(weft("rollback", "httproute", "canary", "--to", good, "--dry-run")).isZero();
    assertThat(cli.out)
        .isEqualTo("httproute.gateway.networking.k8s.io/canary configured (dry run)\n");
    assertThat(
            weft("rollback", "httproute", "canary", "--to", good, "--reason", "errors", "--wait"))
        .isZero();
    assertThat(cli.out)
        .contains("httproute.gateway.networking.k8s.io/canary configured\n")
        .contains("in force everywhere");
    assertThat(cli.err)
        .contains("rolled back to revision " + good + ", by revision ")
        .contains("back again: weft rollback httproute canary --to ");
    assertThat(weft("get", "httproute", "canary", "-o", "yaml")).isZero();
    assertThat(cli.out).contains("weight: 90").doesNotContain("weight: 100");
    assertThat(weft("history", "httproute", "canary", "--limit", "1")).isZero();
    assertThat(cli.out).contains("rollback to revision " + good + ": errors");
    assertThat(cli.err).contains("these are the newest 1; all: --limit 0");
  }

  @Test
  void aWholeNamespaceGoesBack() throws IOException {
    apply("services", service("catalog", 80) + service("v1", 80), "begin");
    weft("history");
    String before = revisions()[0];
    apply("more", service("more", 80) + service("v1", 81), "oops");
    assertThat(weft("delete", "service", "catalog", "--reason", "oops, too")).isZero();

    assertThat(weft("diff", "--revision", before, "now")).isZero();
    assertThat(cli.out)
        .contains("--- service/more  none at revision " + before)
        .contains("+++ service/catalog  none at revision ")
        .contains("-    - port: 80\n+    - port: 81\n");
    assertThat(weft("rollback", "--to", before)).isZero();
    assertThat(cli.out)
        .contains("service/catalog created")
        .contains("service/more deleted")
        .contains("service/v1 configured");
    assertThat(weft("diff", "--revision", before, "now", "--exit-code")).isZero();
    assertThat(weft("rollback", "--to", before)).isZero();
    assertThat(cli.err).contains("nothing differs from revision " + before);
    assertThat(weft("history", "-o", "json")).isZero();
    assertThat(cli.out).contains("\"reason\": \"oops, too\"");
  }

  @Test
  void mistakesAreSaid() {
    assertThat(weft("history", "all", "canary")).isEqualTo(1);
    assertThat(cli.err).contains("Say KIND NAME -n NAMESPACE");
    assertThat(weft("history", "httproute", "canary")).isZero();
    assertThat(cli.err).contains("no change is known of HTTPRoute canary in the namespace default");
    assertThat(weft("diff", "--revision", "one", "2")).isEqualTo(2);
    assertThat(cli.err).contains("--revision 'one' is no revision");
    assertThat(weft("diff")).isEqualTo(2);
    assertThat(weft("rollback", "httproute", "canary", "--to", "1")).isEqualTo(1);
    assertThat(cli.err).contains("there is no HTTPRoute default/canary");
    assertThat(weft("rollback", "--to", "100000")).isEqualTo(1);
    assertThat(cli.err).contains("revision 100000 is not reached yet: the store is at");
    assertThat(weft("get", "httproute", "canary", "--revision", "1")).isEqualTo(1);
    assertThat(cli.err).contains("there was no HTTPRoute default/canary at revision 1");
  }

  private int weft(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--control-plane";
    all[args.length + 1] = "127.0.0.1:" + controlPlane.grpcPort();
    return cli.bare(all);
  }

  private void apply(String name, String manifest, String reason) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".yaml"), manifest);
    assertThat(weft("apply", "-f", file.toString(), "--reason", reason)).as(cli.err).isZero();
  }

  /** Of what was printed last. */
  private String[] revisions() {
    Matcher line = Pattern.compile("(?m)^(\\d+) ").matcher(cli.out);
    return line.results().map(found -> found.group(1)).toArray(String[]::new);
  }

  private static String service(String name, int port) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{port: %d}]}
        """
        .formatted(name, port);
  }

  private static String canary(int stable, int canary) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: canary}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          rules:
          - backendRefs:
            - {name: v1, port: 80, weight: %d}
            - {name: v2, port: 80, weight: %d}
        """
        .formatted(stable, canary);
  }
}
