package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code weft config-entry} against a real control plane. */
final class ConfigEntryCommandsTest {
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
  void entriesAreSetShownAndDeletedByWhatTheyAreFor() {
    entry("set", "log.level", "info", "--reason", "begin");
    assertThat(cli.out).matches("configentry.weft.dev/log-level-[0-9a-f]{8} created\n");
    entry("set", "log.level", "warn", "--mesh");
    entry("set", "log.level", "debug", "--service", "catalog");
    assertThat(cli.err).contains("warning").contains("is no Service of namespace \"default\"");
    entry("set", "log.level", "true", "--service", "catalog", "-l", "version=v2,zone=a");

    entry("get", "log.level");
    assertThat(cli.out).isEqualTo("info\n");
    entry("get", "log.level", "--mesh");
    assertThat(cli.out).isEqualTo("warn\n");
    entry("get", "log.level", "--service", "catalog", "-l", "zone=a", "-l", "version=v2");
    assertThat(cli.out).as("text, whatever it looks like").isEqualTo("true\n");
    entry("get", "log.level", "--service", "catalog", "-o", "yaml");
    assertThat(cli.out).contains("kind: ConfigEntry").contains("service: catalog");

    entry("list", "-A");
    assertThat(rows())
        .anyMatch(row -> row.matches("log.level +the mesh +warn .*"))
        .anyMatch(row -> row.matches("log.level +namespace default +info .*"))
        .anyMatch(row -> row.matches("log.level +service default/catalog +debug .*"))
        .anyMatch(row -> row.matches("log.level +.*/catalog, version=v2,zone=a +true .*"));
    entry("list", "--service", "catalog");
    assertThat(rows()).hasSize(2);

    entry("delete", "log.level", "--service", "catalog");
    assertThat(cli.out).endsWith(" deleted\n");
    assertThat(weft("get", "log.level", "--service", "catalog")).isEqualTo(1);
    assertThat(cli.err)
        .isEqualTo("error: there is no entry log.level of service default/catalog\n");
  }

  @Test
  void aDocumentThatWasAppliedUnderItsOwnNameIsTheOneThatIsChanged() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("entry.yaml"),
            """
            apiVersion: weft.dev/v1alpha1
            kind: ConfigEntry
            metadata: {name: my-own-name}
            spec: {key: limits, contentType: application/json, value: "{}"}
            """);
    assertThat(cli.bare(args("apply", "-f", file.toString()))).isZero();

    entry("set", "limits", "{\"max\": 5}");
    assertThat(cli.out).isEqualTo("configentry.weft.dev/my-own-name configured\n");
    entry("get", "limits", "-o", "json");
    assertThat(cli.out).contains("application/json").contains("{\\\"max\\\": 5}");
  }

  @Test
  void aValueOfSeveralLinesComesFromAFileAndBackAsItWas() throws IOException {
    String text = "a: 1\nb: \"ü\"\n# \u2028 end\t\n";
    Path file = Files.writeString(folder.resolve("app.yaml"), text);

    entry("set", "app.yaml", "-f", file.toString(), "--content-type", "application/yaml");
    entry("get", "app.yaml");
    assertThat(cli.out).isEqualTo(text);

    Files.write(file, new byte[] {(byte) 0xff, 0});
    assertThat(weft("set", "app.yaml", "-f", file.toString())).isEqualTo(1);
    assertThat(cli.err).contains("is no text in UTF-8");
    assertThat(weft("set", "app.yaml")).isEqualTo(2);
    assertThat(cli.err).contains("either VALUE, or -f FILE");
  }

  @Test
  void whatWentWrongIsFoundAndPutBackAlsoAfterADeletion() {
    entry("set", "log.level", "info", "--reason", "begin");
    entry("set", "log.level", "debug", "--reason", "looking");
    entry("history", "log.level");
    assertThat(rows()).hasSize(2);
    assertThat(rows().getFirst()).endsWith("looking");
    String bad = revision(0);
    String good = revision(1);

    entry("diff", "log.level", "--revision", good, bad);
    assertThat(cli.out).contains("\n-  value: info\n+  value: debug\n");
    entry("delete", "log.level");
    entry("history", "log.level");
    assertThat(rows().getFirst()).contains("deleted");

    entry("rollback", "log.level", "--to", good, "--reason", "too loud", "--wait");
    assertThat(cli.out).contains("created").contains("in force everywhere");
    entry("get", "log.level");
    assertThat(cli.out).isEqualTo("info\n");
    entry("history");
    assertThat(rows()).hasSize(4);
  }

  @Test
  void anotherValueGoesToAShareOfTheInstancesFirst() {
    assertThat(weft("set", "log.level", "debug", "--percent", "10")).isEqualTo(1);
    assertThat(cli.err).contains("there is no log.level of namespace default yet");
    entry("set", "log.level", "info");
    assertThat(weft("release", "log.level", "--percent", "10")).isEqualTo(1);
    assertThat(cli.err).contains("no release of log.level of namespace default is under way");

    entry("set", "log.level", "debug", "--percent", "10");
    entry("get", "log.level");
    assertThat(cli.out).isEqualTo("info\n");
    assertThat(cli.err).isEqualTo("10% of the instances have another value so far: debug\n");
    assertThat(weft("set", "log.level", "trace")).as("not by the way").isEqualTo(1);
    assertThat(cli.err).contains("is under way (10%)").contains("--take-back");
    entry("release", "log.level", "--percent", "50");
    entry("list");
    assertThat(rows().getFirst()).contains("50%: debug");

    entry("release", "log.level", "--take-back");
    entry("get", "log.level");
    assertThat(cli.out).isEqualTo("info\n");
    entry("set", "log.level", "trace", "--percent", "1");
    entry("release", "log.level", "--finish", "--reason", "it is well");
    entry("get", "log.level");
    assertThat(cli.out).isEqualTo("trace\n");
    assertThat(cli.err).isEmpty();
    assertThat(weft("release", "log.level")).isEqualTo(2);
  }

  @Test
  void aSecretIsRefusedAndNotRepeated() {
    String key = "AKIA" + "IOSFODNN7EXAMPLE";
    assertThat(weft("set", "aws", key)).isEqualTo(1);
    assertThat(cli.err)
        .contains("looks like an AWS access key")
        .contains("field:    spec.value")
        .endsWith("nothing was changed\n")
        .doesNotContain(key);
  }

  @Test
  void whatIsSaidInTwoWaysIsNotGuessed() {
    assertThat(weft("set", "a", "x", "--mesh", "-n", "shop")).isEqualTo(1);
    assertThat(cli.err).contains("--mesh is for every namespace, -n for one");
    assertThat(weft("get", "a", "--mesh", "--service", "catalog")).isEqualTo(1);
    assertThat(cli.err).contains("--mesh is for every service");
  }

  private void entry(String... args) {
    assertThat(weft(args)).as(() -> String.join(" ", args) + "\n" + cli.err).isZero();
  }

  private int weft(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "config-entry";
    System.arraycopy(args, 0, all, 1, args.length);
    return cli.bare(args(all));
  }

  private String[] args(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--control-plane";
    all[args.length + 1] = "127.0.0.1:" + controlPlane.grpcPort();
    return all;
  }

  private List<String> rows() {
    return cli.out.lines().skip(1).toList();
  }

  private String revision(int row) {
    return rows().get(row).split(" ")[0];
  }
}
