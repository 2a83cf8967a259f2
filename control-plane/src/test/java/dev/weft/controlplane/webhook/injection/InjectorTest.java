package dev.weft.controlplane.webhook.injection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.LeftAlone;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import dev.weft.controlplane.webhook.injection.Injection.Skipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What becomes of a pod. The files beside are pods and what they became; WEFT_GOLDEN=refresh in the
 * environment writes the latter anew.
 */
class InjectorTest {
  private static final Path FILES =
      Path.of("src/test/resources/dev/weft/controlplane/webhook/injection");

  private static final InjectionConfig CONFIG = InjectionConfig.standard("weft-sidecar:1.2.3");
  private static final Injector INJECTOR = new Injector(CONFIG, true);

  @ParameterizedTest
  @CsvSource({
    "web, true",
    "configured, true",
    "job, true",
    "old-cluster, false",
    "host-network, true"
  })
  void a_pod_becomes_what_its_file_says(String name, boolean clusterHasNative) throws IOException {
    JsonObject pod = Pods.read(Files.readString(FILES.resolve(name + ".yaml")));
    JsonObject before = pod.deepCopy();

    Injection result = new Injector(CONFIG, clusterHasNative).inject(pod, Pods.labelled());

    JsonObject became =
        switch (result) {
          case Injected injected -> injected.pod();
          case Skipped skipped -> skipped.pod();
          case LeftAlone _, Refused _ -> throw new AssertionError(result.toString());
        };
    assertThat(pod).as("what was given stays as it is").isEqualTo(before);
    assertThat(Pods.patched(pod, JsonPatch.between(pod, became))).isEqualTo(became);
    Path golden = FILES.resolve(name + ".becomes.yaml");
    if ("refresh".equals(System.getenv("WEFT_GOLDEN"))) {
      Files.writeString(golden, Pods.print(became));
    }
    assertThat(Pods.print(became)).isEqualTo(Files.readString(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "configured", "job", "old-cluster"})
  void what_was_injected_is_left_alone(String name) throws IOException {
    JsonObject became = Pods.read(Files.readString(FILES.resolve(name + ".becomes.yaml")));

    assertThat(INJECTOR.inject(became, Pods.labelled()))
        .isEqualTo(new LeftAlone("it has a sidecar"));
    assertThat(new Injector(CONFIG, false).inject(became, Pods.labelled()))
        .isInstanceOf(LeftAlone.class);
  }

  @Test
  void what_was_skipped_stays_so() throws IOException {
    JsonObject became = Pods.read(Files.readString(FILES.resolve("host-network.becomes.yaml")));

    assertThat(INJECTOR.inject(became, Pods.labelled()))
        .isInstanceOfSatisfying(Skipped.class, s -> assertThat(s.pod()).isEqualTo(became));
  }

  @Test
  void every_setting_of_the_configuration_changes_the_hash_of_the_template() {
    String hash = INJECTOR.templateHash();

    assertThat(hash).matches("[0-9a-f]{16}");
    assertThat(new Injector(CONFIG, true).templateHash()).isEqualTo(hash);
    assertThat(new Injector(CONFIG, false).templateHash()).isNotEqualTo(hash);
    assertThat(new Injector(CONFIG.withImage("weft-sidecar:2"), true).templateHash())
        .isNotEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "enabled  | ''       | ''       | injected",
        "''       | ''       | ''       | alone",
        "disabled | ''       | ''       | alone",
        "enabled  | disabled | ''       | alone",
        "enabled  | ''       | disabled | alone",
        "''       | enabled  | ''       | injected",
        "''       | ''       | enabled  | injected",
        "disabled | enabled  | ''       | injected",
        "enabled  | disabled | enabled  | alone",
        "enabled  | ''       | 'true'   | refused",
      },
      delimiter = '|')
  void namespace_label_pod_label_and_annotation_decide(
      String namespace, String label, String annotation, String expected) {
    String metadata =
        (label.isEmpty() ? "" : "labels:\n  weft.dev/inject: \"" + label + "\"\n")
            + (annotation.isEmpty()
                ? ""
                : "annotations:\n  weft.dev/inject: \"" + annotation + "\"\n");
    JsonObject pod = Pods.web(metadata, "");

    Injection result = INJECTOR.inject(pod, Map.of("weft.dev/inject", namespace));

    assertThat(
            switch (result) {
              case Injected _ -> "injected";
              case LeftAlone _ -> "alone";
              case Skipped _ -> "skipped";
              case Refused _ -> "refused";
            })
        .isEqualTo(expected);
  }

  @Test
  void a_mirror_of_a_static_pod_is_left_alone() {
    JsonObject pod = Pods.web("annotations:\n  kubernetes.io/config.mirror: abc\n", "");
    assertThat(INJECTOR.inject(pod, Pods.labelled())).isInstanceOf(LeftAlone.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weft.dev/proxy-cpu | lots | is \"lots\", expected an amount of CPU",
        "weft.dev/proxy-cpu-limit | 0 | expected an amount of CPU from 1m up",
        "weft.dev/proxy-memory | 1m | is \"1m\", expected an amount of memory",
        "weft.dev/proxy-memory-limit | 40Mi | from 88Mi up",
        "weft.dev/proxy-memory | 1Gi | at most the limit of 192Mi; raise it with weft.dev/proxy-memory-limit",
        "weft.dev/log-level | debgu | did you mean \"debug\"?",
        "weft.dev/access-log | yes | expected one of on, off",
        "weft.dev/max-head-bytes | 1Mi | expected a number of bytes from 8192 to 262144",
        "weft.dev/dns | true | expected one of on, off",
        "weft.dev/config-port | yes | expected a port from 15000 to 15099 that the sidecar does not",
        "weft.dev/config-port | 8080 | expected a port from 15000 to 15099",
        "weft.dev/config-port | 15021 | that the sidecar does not use itself, such as 15010",
        "weft.dev/config-port | 15100 | expected a port from 15000 to 15099",
        "weft.dev/config-dir | config | expected an absolute path",
        "weft.dev/config-dir | / | expected an absolute path",
        "weft.dev/config-dir | /a/../etc | expected an absolute path",
        "weft.dev/config-dir | /a/ | expected an absolute path",
        "weft.dev/config-dir | /a:b | expected an absolute path of letters, digits, '.', '_' and '-'",
        "weft.dev/config-dir | /$(HOME) | expected an absolute path",
        "weft.dev/config-dir | /etc | a folder of its own, such as /var/run/config: what containers",
        "weft.dev/config-dir | /proc/self | expected a folder of its own",
        "weft.dev/config-dir | /var/run/secrets/weft.dev | expected a folder of its own",
        "weft.dev/exclude-inbound-ports | 80,http | is \"http\", expected a port from 1 to 65535",
        "weft.dev/exclude-outbound-ports | 9010-9000 | or a range such as 9000-9010",
        "weft.dev/exclude-outbound-ports | 70000 | expected a port",
        "weft.dev/exclude-outbound-cidrs | 10.0.0.0/33 | expected a block of addresses",
        "weft.dev/exclude-outbound-cidrs | example.com | expected a block of addresses",
        "weft.dev/exclude-uids | root | expected a user id",
      })
  void a_wrong_annotation_is_refused_with_its_place(String name, String value, String message) {
    JsonObject pod = Pods.web("annotations:\n  " + name + ": \"" + value + "\"\n", "");

    assertThat(reasons(pod))
        .singleElement()
        .asString()
        .startsWith("metadata.annotations[" + name + "] is \"")
        .contains(message);
  }

  @Test
  void everything_that_is_wrong_is_said_at_once() {
    JsonObject pod =
        Pods.web(
            "annotations:\n  weft.dev/proxy-cpu: x\n  weft.dev/log-level: y\n",
            "securityContext: {runAsUser: 1337}\n");
    assertThat(reasons(pod)).hasSize(3);
  }

  @Test
  void an_unknown_annotation_is_a_warning_with_the_near_miss() {
    JsonObject pod =
        Pods.web("annotations:\n  weft.dev/proxy-memroy: 1Gi\n  weft.dev/zebra: x\n", "");

    assertThat(injected(pod).warnings())
        .containsExactly(
            "metadata.annotations[weft.dev/proxy-memroy] is unknown and has no effect; did you mean"
                + " \"weft.dev/proxy-memory\"?",
            "metadata.annotations[weft.dev/zebra] is unknown and has no effect; known are"
                + " weft.dev/inject, weft.dev/proxy-cpu, weft.dev/proxy-cpu-limit,"
                + " weft.dev/proxy-memory, weft.dev/proxy-memory-limit, weft.dev/log-level,"
                + " weft.dev/access-log, weft.dev/max-head-bytes, weft.dev/dns,"
                + " weft.dev/config-port, weft.dev/config-dir, weft.dev/exclude-inbound-ports,"
                + " weft.dev/exclude-outbound-ports, weft.dev/exclude-outbound-cidrs,"
                + " weft.dev/exclude-uids");
  }

  @ParameterizedTest
  @CsvSource({"'weft.dev/dns: \"on\"',true", "'weft.dev/dns: \"off\"',false", "'a: b',false"})
  void dns_is_answered_where_the_pod_says_so(String annotation, boolean on) {
    JsonObject pod = Pods.web("annotations:\n  " + annotation + "\n", "");

    List<JsonObject> ours = Json.objects(injected(pod).pod(), "spec", "initContainers");

    assertThat(ours).hasSize(2);
    assertThat(ours)
        .allMatch(one -> one.getAsJsonArray("args").contains(new JsonPrimitive("--dns=on")) == on);
  }

  @Test
  void a_limit_below_the_usual_request_lowers_the_request() {
    JsonObject pod = Pods.web("annotations:\n  weft.dev/proxy-memory-limit: 90Mi\n", "");

    JsonObject sidecar = Json.objects(injected(pod).pod(), "spec", "initContainers").getFirst();

    assertThat(Json.text(sidecar, "resources", "requests", "memory")).isEqualTo("90Mi");
    assertThat(Json.text(sidecar, "resources", "limits", "memory")).isEqualTo("90Mi");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "containers: [] | spec.containers is missing",
        "containers: [{name: weft-sidecar}] | spec.containers[0].name is \"weft-sidecar\"",
        "initContainers: [{name: weft-init}] | spec.initContainers[0].name is \"weft-init\"",
        "volumes: [{name: weft-token}] | spec.volumes[0].name is \"weft-token\"",
        "containers: [{name: a, ports: [{containerPort: 15021}]}] |"
            + " spec.containers[0].ports[0].containerPort is 15021, expected a port outside 15000 to"
            + " 15099",
        "containers: [{name: a, securityContext: {runAsUser: 1337}}] |"
            + " spec.containers[0].securityContext.runAsUser is 1337",
        "securityContext: {runAsGroup: 1337} | spec.securityContext.runAsGroup is 1337",
      })
  void what_would_break_or_go_past_the_mesh_is_refused(String spec, String message) {
    assertThat(reasons(Pods.web("", spec + "\n")))
        .singleElement()
        .asString()
        .contains(message.strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "containers: [{name: a, ports: [{containerPort: 15021, protocol: UDP}]}]",
        "securityContext: {runAsUser: 1337}\n"
            + "containers: [{name: a, securityContext: {runAsUser: 1000}}]",
      })
  void what_does_no_harm_is_let_in(String spec) {
    assertThat(injected(Pods.web("", spec + "\n")).warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hostNetwork: true",
        "os: {name: windows}",
        "nodeSelector: {kubernetes.io/os: windows}"
      })
  void what_cannot_have_a_sidecar_goes_without_unless_it_asks_for_one(String spec) {
    JsonObject quiet = Pods.web("", spec + "\n");
    assertThat(INJECTOR.inject(quiet, Pods.labelled()))
        .isInstanceOfSatisfying(
            Skipped.class,
            skipped -> {
              assertThat(Json.texts(skipped.pod(), "metadata", "annotations"))
                  .containsEntry("weft.dev/status", "skipped")
                  .containsEntry("weft.dev/reason", skipped.reason());
              assertThat(skipped.pod().get("spec")).isEqualTo(quiet.get("spec"));
            });
    JsonObject asking = Pods.web("labels:\n  weft.dev/inject: enabled\n", spec + "\n");
    assertThat(reasons(asking)).hasSize(1);
  }

  @Test
  void a_job_without_native_sidecars_is_warned_of() {
    JsonObject pod = Pods.web("", "restartPolicy: OnFailure\n");
    assertThat(injected(pod).warnings()).isEmpty();
    assertThat(new Injector(CONFIG, false).inject(pod, Pods.labelled()))
        .isInstanceOfSatisfying(
            Injected.class,
            injected ->
                assertThat(injected.warnings())
                    .singleElement()
                    .asString()
                    .contains("is to complete, and will not"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{httpGet: {port: 8080, host: 10.0.0.1}} | ''",
        "{tcpSocket: {port: nowhere}} | is \"nowhere\", expected a number or the name of one",
        "{exec: {command: [x]}} | ''",
      })
  void a_probe_that_is_not_ours_to_carry_out_stays(String probe, String warning) {
    JsonObject pod =
        Pods.web("", "containers: [{name: web, image: x, readinessProbe: " + probe + "}]\n");

    Injected injected = injected(pod);

    assertThat(injected.pod().getAsJsonObject("spec").get("containers"))
        .isEqualTo(pod.getAsJsonObject("spec").get("containers"));
    assertThat(String.join("", injected.warnings())).contains(warning);
  }

  @Test
  void probes_of_the_applications_own_sidecars_are_rewritten_too() {
    JsonObject pod =
        Pods.web(
            "",
            "initContainers: [{name: db, image: x, restartPolicy: Always, startupProbe: {tcpSocket:"
                + " {port: 5432}}}]\n");

    List<JsonObject> all = Json.objects(injected(pod).pod(), "spec", "initContainers");

    assertThat(all)
        .extracting(container -> Json.text(container, "name"))
        .containsExactly("weft-sidecar", "weft-init", "db");
    assertThat(Json.text(all.get(2), "startupProbe", "httpGet", "path"))
        .isEqualTo("/app/db/startup");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "memory: 128Mi, memory-limit: 256Mi | {\"cpu\":\"10m\",\"memory\":\"32Mi\"}",
        "memory: 24Mi | {\"cpu\":\"10m\",\"memory\":\"24Mi\"}",
        "cpu: 100m, cpu-limit: 100m, memory: 192Mi | {\"cpu\":\"100m\",\"memory\":\"192Mi\"}",
      })
  void the_init_step_asks_for_less_than_applications_do(String annotations, String requests) {
    String all = annotations.replaceAll("([a-z-]+): ([^,]+)(, )?", "  weft.dev/proxy-$1: $2\n");
    JsonObject pod = Pods.web("annotations:\n" + all, "");

    JsonObject init = Json.objects(injected(pod).pod(), "spec", "initContainers").getLast();

    assertThat(Json.text(init, "name")).isEqualTo("weft-init");
    assertThat(init.getAsJsonObject("resources").get("requests")).hasToString(requests);
  }

  private static Injected injected(JsonObject pod) {
    return (Injected) INJECTOR.inject(pod, Pods.labelled());
  }

  private static List<String> reasons(JsonObject pod) {
    return ((Refused) INJECTOR.inject(pod, Pods.labelled())).reasons();
  }
}
