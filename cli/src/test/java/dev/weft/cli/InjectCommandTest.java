package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InjectCommandTest {
  private static final String POD_SPEC =
      "containers: [{name: web, image: 'web:1', args: [\"yes\", yes, 0644]}]";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "v1, Pod, ''",
    "apps/v1, Deployment, spec.template",
    "apps/v1, ReplicaSet, spec.template",
    "apps/v1, StatefulSet, spec.template",
    "apps/v1, DaemonSet, spec.template",
    "batch/v1, Job, spec.template",
    "batch/v1, CronJob, spec.jobTemplate.spec.template"
  })
  void every_kind_of_workload_gets_its_sidecar(String apiVersion, String kind, String path)
      throws IOException {
    Object[] lines = path.isEmpty() ? new Object[0] : path.split("\\.");
    StringBuilder yaml =
        new StringBuilder(
            "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: web}\n");
    String indent = "";
    for (Object line : lines) {
      yaml.append(indent).append(line).append(":\n");
      indent += "  ";
    }
    yaml.append(indent).append("spec: {").append(POD_SPEC).append("}\n");

    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(yaml.toString()))).as(cli.err).isZero();

      JsonElement pod = json(cli.out).getFirst();
      for (Object line : lines) {
        pod = Json.object(pod, line.toString());
      }
      assertThat(Json.objects(pod, "spec", "initContainers"))
          .extracting(container -> Json.text(container, "name"))
          .containsExactly("weft-sidecar", "weft-init");
      assertThat(Json.text(pod, "metadata", "annotations", "weft.dev/status"))
          .isEqualTo("injected");
      assertThat(cli.err).contains(kind + " web: injected");
    }
  }

  @Test
  void everything_else_stays_as_it_is_written() throws IOException {
    String yaml =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
        data:
          switch: "on"
          text: |
            two
            lines
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          labels: &labels
            app: web
        spec:
          selector:
            matchLabels: *labels
          template:
            metadata:
              labels: *labels
              annotations: *labels
            spec:
              containers:
                - name: web
                  image: "web:1"
                  env:
                    - name: SWITCH
                      value: "yes"
                  volumeMounts:
                    - name: data
                      mountPath: /data
              volumes:
                - name: data
                  configMap:
                    name: settings
                    defaultMode: 0644
        """;
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(yaml))).as(cli.err).isZero();

      assertThat(cli.out).contains("switch: \"on\"").contains("value: \"yes\"");
      assertThat(cli.out).contains("defaultMode: 0644").contains("---\n").contains("text: |");
      List<JsonElement> documents = json(cli.out);
      assertThat(documents.get(0)).isEqualTo(json(yaml).getFirst());
      assertThat(Json.texts(documents.get(1), "spec", "selector", "matchLabels"))
          .as("what the alias names is not changed with the annotations")
          .containsOnlyKeys("app");
      assertThat(Json.texts(documents.get(1), "spec", "template", "metadata", "annotations"))
          .containsEntry("app", "web")
          .containsEntry("weft.dev/status", "injected");
    }
  }

  @Test
  void an_application_has_its_configuration_where_its_annotations_say() throws IOException {
    String annotations = "{weft.dev/config-port: '15010', weft.dev/config-dir: /var/run/config}";
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(pod(annotations)))).as(cli.err).isZero();

      assertThat(cli.out)
          .contains("--config-port=15010", "--config-dir=/etc/weft/config")
          .containsPattern("name: \"?weft-app-config\"?\\s+emptyDir:");
      List<JsonObject> mounts =
          Json.objects(
              Json.objects(json(cli.out).getFirst(), "spec", "containers").getFirst(),
              "volumeMounts");
      assertThat(mounts).hasSize(1);
      assertThat(Json.text(mounts.getFirst(), "mountPath")).isEqualTo("/var/run/config");
      assertThat(Json.text(mounts.getFirst(), "readOnly")).isEqualTo("true");

      assertThat(cli.bare("inject", "-f", file(pod("{weft.dev/config-prot: '15010'}")))).isZero();
      assertThat(cli.err).contains("did you mean \"weft.dev/config-port\"?");
    }
  }

  @Test
  void injecting_twice_changes_nothing() throws IOException {
    try (Cli cli = new Cli()) {
      cli.bare("inject", "-f", file(pod("{}")));
      String once = cli.out;
      assertThat(cli.bare("inject", "-f", file(once))).isZero();
      assertThat(cli.out).isEqualTo(once);
      assertThat(cli.err).contains("unchanged: it has a sidecar");
    }
  }

  @Test
  void a_list_from_standard_input_is_gone_through() throws IOException {
    String list =
        "apiVersion: v1\nkind: List\nitems:\n"
            + ("- " + pod("{}").indent(2).substring(2))
            + "- {apiVersion: v1, kind: Service, metadata: {name: web}}\n";
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(list.getBytes(StandardCharsets.UTF_8)));
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", "-")).as(cli.err).isZero();

      List<JsonObject> items = Json.objects(json(cli.out).getFirst(), "items");
      assertThat(Json.objects(items.get(0), "spec", "initContainers")).hasSize(2);
      assertThat(items.get(1)).isEqualTo(Json.objects(json(list).getFirst(), "items").get(1));
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void what_is_refused_is_said_and_nothing_is_printed() throws IOException {
    String both = pod("{}") + "---\n" + pod("{weft.dev/proxy-cpu: lots}");
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(both))).isEqualTo(1);
      assertThat(cli.out).isEmpty();
      assertThat(cli.err)
          .contains("Pod web: metadata.annotations[weft.dev/proxy-cpu] is \"lots\", expected");
    }
  }

  @Test
  void a_workload_that_opts_out_or_cannot_is_printed_with_the_reason() throws IOException {
    String out = pod("{weft.dev/inject: disabled}");
    String host = pod("{}").replace("spec:", "spec:\n  hostNetwork: yes");
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(out + "---\n" + host))).isZero();
      assertThat(cli.out).doesNotContain("weft-sidecar").contains("weft.dev/status: skipped");
      assertThat(cli.err)
          .contains("unchanged: weft.dev/inject of the pod is disabled")
          .contains("no sidecar: spec.hostNetwork is true");
    }
  }

  @Test
  void the_configuration_is_that_of_the_cluster() throws IOException {
    Path config = folder.resolve("config.yaml");
    Files.writeString(
        config,
        """
        kind: ConfigMap
        apiVersion: v1
        metadata: {name: weft-injector}
        data:
          config.yaml: |
            image: mine:7
            nativeSidecars: off
        """);
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file(pod("{}")), "--config", config.toString())).isZero();
      assertThat(Json.objects(json(cli.out).getFirst(), "spec", "containers"))
          .extracting(container -> Json.text(container, "image"))
          .containsExactly("mine:7", "web:1");

      Files.writeString(config, "imgae: mine:7\n");
      assertThat(cli.bare("inject", "-f", file(pod("{}")), "--config", config.toString()))
          .isEqualTo(1);
      assertThat(cli.err).contains(config + ":1: imgae unknown field; did you mean \"image\"?");
    }
  }

  @Test
  void broken_yaml_is_said_to_be_so() throws IOException {
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("inject", "-f", file("a: [1"))).isEqualTo(1);
      assertThat(cli.err).contains("is not well-formed YAML");
    }
  }

  private String file(String content) throws IOException {
    return Files.writeString(folder.resolve("in.yaml"), content).toString();
  }

  private static String pod(String annotations) {
    return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations: "
        + annotations
        + "\nspec:\n  containers:\n  - name: web\n    image: web:1\n";
  }

  private static List<JsonElement> json(String yaml) {
    var documents = new ArrayList<JsonElement>();
    YamlNodes.read(yaml, "test").forEach(node -> documents.add(YamlNodes.json(node)));
    return documents;
  }
}
