package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.Json;
import dev.weft.sidecar.app.intercept.InterceptMain;
import dev.weft.sidecar.app.options.SidecarOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is injected is understood by the sidecar of the same version. */
final class InjectedFlagsTest {
  private static final JsonObject POD =
      YamlNodes.json(
              YamlNodes.read(
                      """
                      apiVersion: v1
                      kind: Pod
                      metadata:
                        name: web.0
                        labels: {app: web, weft.dev/inject: enabled}
                        annotations:
                          weft.dev/log-level: debug
                          weft.dev/access-log: "on"
                          weft.dev/max-head-bytes: "131072"
                          weft.dev/dns: "on"
                          weft.dev/config-port: "15010"
                          weft.dev/config-dir: /var/run/config
                          weft.dev/exclude-inbound-ports: 9090,9100-9110
                          weft.dev/exclude-outbound-ports: "5432"
                          weft.dev/exclude-outbound-cidrs: 10.20.0.0/16,fd00::/64
                          weft.dev/exclude-uids: "65532"
                      spec:
                        containers:
                          - name: web
                            image: web:1
                            ports: [{name: http, containerPort: 8080}]
                            startupProbe: {tcpSocket: {port: http}}
                            readinessProbe: {httpGet: {path: '/ready?$(x)', port: http}}
                            livenessProbe: {grpc: {port: 7000}}
                      """,
                      "test")
                  .getFirst())
          .getAsJsonObject();

  @Test
  void the_sidecar_takes_its_flags() {
    JsonObject sidecar = containers().getFirst();

    SidecarOptions options = SidecarOptions.parse(args(sidecar), environment(sidecar));

    assertThat(options.intercept().on()).isTrue();
    assertThat(options.intercept().register()).isFalse();
    assertThat(options.intercept().pod()).isEqualTo("web.0");
    assertThat(options.intercept().podAddress()).isEqualTo("10.244.0.7");
    assertThat(options.intercept().probePort()).isEqualTo(15021);
    assertThat(options.intercept().appProbes())
        .containsOnlyKeys("web/startup", "web/readiness", "web/liveness");
    assertThat(options.namespace()).isEqualTo("shop");
    assertThat(options.labels()).containsEntry("app", "web");
    assertThat(options.logLevel()).isEqualTo("debug");
    assertThat(options.accessLog()).isEqualTo("-");
    assertThat(options.http().maxHead()).isEqualTo(131_072);
    assertThat(options.dns().on()).isTrue();
    assertThat(options.dns().port(0)).isEqualTo(15053);
    assertThat(options.appConfig().serves()).isTrue();
    assertThat(options.appConfig().port()).isEqualTo(15010);
    assertThat(options.appConfig().folder()).hasToString("/etc/weft/config");
    assertThat(options.drainSeconds()).isEqualTo(15);
    assertThat(options.stateDirectory()).hasToString("/var/lib/weft");
  }

  @Test
  void the_init_step_takes_its_flags() throws Exception {
    List<String> args = args(containers().get(1));
    assertThat(args.getFirst()).isEqualTo("intercept");
    var dry = new ArrayList<>(args.subList(1, args.size()));
    dry.add("--dry-run");

    assertThat(InterceptMain.run(dry, Map.of())).isZero();
  }

  private static List<JsonObject> containers() {
    var injector = new Injector(InjectionConfig.standard("weft-sidecar:1"), true);
    Injected injected = (Injected) injector.inject(POD, Map.of());
    return Json.objects(injected.pod(), "spec", "initContainers");
  }

  private static List<String> args(JsonObject container) {
    return container.getAsJsonArray("args").asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  /** As the kubelet would set it. */
  private static Map<String, String> environment(JsonObject container) {
    Map<String, String> fields =
        Map.of(
            "metadata.name", "web.0",
            "metadata.namespace", "shop",
            "status.podIP", "10.244.0.7",
            "spec.nodeName", "node-1");
    var environment = new HashMap<String, String>();
    for (JsonObject variable : Json.objects(container, "env")) {
      String field = Json.text(variable, "valueFrom", "fieldRef", "fieldPath");
      environment.put(
          Json.text(variable, "name"),
          field.isEmpty()
              ? Json.text(variable, "value").replace("$$", "$")
              : fields.getOrDefault(field, ""));
    }
    return environment;
  }
}
