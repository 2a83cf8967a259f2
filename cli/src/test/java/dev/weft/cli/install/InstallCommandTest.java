package dev.weft.cli.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.weft.cli.cluster.Installation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** The commands print what {@code kubectl kustomize} makes of the same files. */
class InstallCommandTest {
  private static final Path DISTRIBUTION = Path.of("../deploy");
  private static final Path MANIFESTS = DISTRIBUTION.resolve("k8s");

  @TempDir private Path folder = Path.of("");
  private String out = "";
  private String err = "";

  @BeforeEach
  void distribution() {
    System.setProperty("weft.home", DISTRIBUTION.toString());
  }

  @AfterEach
  void noDistribution() {
    System.clearProperty("weft.home");
  }

  @ParameterizedTest
  @ValueSource(strings = {"try", "ha"})
  void install_prints_what_kubectl_builds(String overlay) throws Exception {
    assertThat(run(new InstallCommand(), "--overlay", overlay)).isZero();

    assertThat(byName(out)).isEqualTo(byName(kustomize("overlays/" + overlay)));
  }

  @Test
  void the_folder_itself_is_for_trying_out() throws Exception {
    assertThat(run(new InstallCommand())).isZero();

    assertThat(byName(out)).isEqualTo(byName(kustomize(".")));
  }

  @Test
  void dashboards_are_printed_when_they_are_asked_for() throws Exception {
    assertThat(run(new InstallCommand(), "--overlay", "ha", "--dashboards")).isZero();

    Map<String, Object> all = byName(kustomize("overlays/ha"));
    assertThat(out).contains("grafana_dashboard: '1'");
    all.putAll(byName(kustomize("dashboards")));
    assertThat(byName(out)).isEqualTo(all);
  }

  @Test
  void images_are_what_was_asked_for_in_every_place() {
    assertThat(
            run(new InstallCommand(), "--image-tag", "7", "--image-repository", "example.com/mesh"))
        .isZero();

    assertThat(out.lines().filter(line -> line.contains("image: ")).map(String::strip))
        .containsExactlyInAnyOrder(
            "image: example.com/mesh/weft-sidecar:7",
            "image: example.com/mesh/weft-control-plane:7");
  }

  @Test
  void the_images_are_of_this_version() throws IOException {
    String pom = Files.readString(Path.of("../pom.xml"));
    String version = pom.substring(pom.indexOf("<version>") + 9, pom.indexOf("</version>"));
    run(new InstallCommand());

    assertThat(out).contains("weft-sidecar:" + version, "weft-control-plane:" + version);
  }

  @Test
  void what_is_installed_first_is_deleted_last() {
    run(new InstallCommand());
    List<String> installed = List.copyOf(byName(out).keySet());
    run(new UninstallCommand());

    assertThat(List.copyOf(byName(out).keySet())).isEqualTo(installed.reversed());
    assertThat(installed.getFirst()).isEqualTo("Namespace /weft-system");
    assertThat(installed.getLast()).isEqualTo("ValidatingWebhookConfiguration /weft-validator");
  }

  @Test
  void an_upgrade_without_settings_is_the_same_and_says_what_remains() {
    run(new InstallCommand());
    String installed = out;

    assertThat(run(new UpgradeCommand(), "--reset-settings")).isZero();
    assertThat(out).isEqualTo(installed);
    assertThat(err).contains("rollout restart");
  }

  @Test
  void an_upgrade_keeps_what_the_installation_was_told() {
    String injection =
        """
          # ours
        image: "example.com/mesh/weft-sidecar:6"   # pulled by hand
        logLevel: debug
        dns: true

        exclude:
          outboundPorts: [5432]\
        """;
    var found = new Installation("example.com/mesh/weft-control-plane:6", true, injection);

    assertThat(upgrade(found, "--image-tag", "7")).isZero();

    Map<String, Object> objects = byName(out);
    assertThat(objects).containsKey("StatefulSet weft-system/weft-etcd");
    assertThat(out).contains("image: example.com/mesh/weft-control-plane:7");
    assertThat(injection(objects))
        .isEqualTo(injection.replace("weft-sidecar:6", "weft-sidecar:7") + "\n");
    assertThat(err).contains("Keeps the overlay ha").doesNotContain("warning");
  }

  @Test
  void what_an_upgrade_is_told_comes_before_what_is_installed() {
    var found =
        new Installation("old.example/weft-control-plane:6", true, "image: weft-sidecar:6\n");
    assertThat(upgrade(found, "--overlay", "try", "--image-repository", "new.example/m")).isZero();

    assertThat(byName(out)).doesNotContainKey("StatefulSet weft-system/weft-etcd");
    assertThat(out)
        .contains("image: new.example/m/weft-control-plane:", "image: new.example/m/weft-sidecar:");
  }

  @Test
  void an_upgrade_of_a_plain_installation_that_nobody_changed_is_a_new_one() {
    run(new InstallCommand());
    Map<String, Object> installed = byName(out);
    var found = new Installation("weft-control-plane:6", false, injection(installed));

    assertThat(upgrade(found)).isZero();
    assertThat(byName(out)).isEqualTo(installed);
  }

  @Test
  void an_image_of_another_name_stays_and_is_said() {
    var found = new Installation("ours:6", false, "image: registry.example/ours-proxy:6\n");
    assertThat(upgrade(found)).isZero();

    assertThat(out).contains("    image: registry.example/ours-proxy:6");
    assertThat(err).contains("warning: the image in it has a name of its own");
  }

  /** What the ConfigMap among the objects says of the injection. */
  private static String injection(Map<String, Object> objects) {
    Object injector = objects.get("ConfigMap weft-system/weft-injector");
    Object data = injector instanceof Map<?, ?> map ? map.get("data") : null;
    Object document = data instanceof Map<?, ?> map ? map.get("config.yaml") : null;
    return Objects.requireNonNull(document, "config.yaml").toString();
  }

  private int upgrade(Installation found, String... args) {
    var command = new UpgradeCommand();
    var outText = new StringWriter();
    var errText = new StringWriter();
    var line =
        new CommandLine(command)
            .setOut(new PrintWriter(outText))
            .setErr(new PrintWriter(errText))
            .setExecutionStrategy(parsed -> command.print(found));
    int status = line.execute(args);
    out = outText.toString();
    err = errText.toString();
    return status;
  }

  @Test
  void an_unknown_overlay_is_refused_with_those_that_there_are() {
    assertThat(run(new InstallCommand(), "--overlay", "production")).isEqualTo(1);
    assertThat(err).contains("no overlay \"production\", expected ha or try");
  }

  @Test
  void a_kustomization_that_needs_more_is_refused() throws IOException {
    Files.writeString(folder.resolve("kustomization.yaml"), "resources: []\nnamePrefix: a\n");

    assertThatThrownBy(() -> Kustomization.read(folder))
        .isInstanceOf(InstallFailed.class)
        .hasMessageContaining("[namePrefix]");
  }

  private int run(Callable<Integer> command, String... args) {
    var outText = new StringWriter();
    var errText = new StringWriter();
    int status =
        new CommandLine(command)
            .setOut(new PrintWriter(outText))
            .setErr(new PrintWriter(errText))
            .execute(args);
    out = outText.toString();
    err = errText.toString();
    return status;
  }

  private static String kustomize(String folder) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder("kubectl", "kustomize", MANIFESTS.resolve(folder).toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      return abort("there is no kubectl to compare with");
    }
    String built = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return built;
  }

  private static Map<String, Object> byName(String documents) {
    var load = new Load(LoadSettings.builder().build());
    var all = new LinkedHashMap<String, Object>();
    StreamSupport.stream(load.loadAllFromString(documents).spliterator(), false)
        .forEach(
            document -> {
              var object = new ObjectManifest("", (Map<?, ?>) document);
              String name = object.kind() + " " + object.namespace() + "/" + object.name();
              assertThat(all.put(name, new TreeMap<>(object.content()))).as(name).isNull();
            });
    return all;
  }
}
