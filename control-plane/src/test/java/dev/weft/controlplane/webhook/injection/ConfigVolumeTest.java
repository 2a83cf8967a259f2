package dev.weft.controlplane.webhook.injection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a pod has its configuration as files; see the file {@code configured.yaml}, too. */
class ConfigVolumeTest {
  private static final InjectionConfig CONFIG = InjectionConfig.standard("weft-sidecar:1.2.3");
  private static final Injector INJECTOR = new Injector(CONFIG, true);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/data | /data | it",
        "/data/config | /data | above",
        "/data | /data/config | below",
        "/data | //data/./config/ | spelled otherwise",
        "/data | data | spelled without a root",
      })
  void files_of_configuration_are_not_put_where_something_else_is(
      String folder, String mounted, String where) {
    JsonObject pod =
        Pods.web(
            "annotations:\n  weft.dev/config-dir: " + folder + "\n",
            "initContainers: [{name: i, volumeMounts: [{name: v, mountPath: " + mounted + "}]}]\n");

    assertThat(((Refused) INJECTOR.inject(pod, Pods.labelled())).reasons())
        .as(where)
        .containsExactly(
            "metadata.annotations[weft.dev/config-dir] is \""
                + folder
                + "\", expected a folder with nothing else mounted at, in or above it:"
                + " spec.initContainers[0].volumeMounts[0].mountPath is \""
                + mounted
                + "\"");
  }

  @Test
  void a_folder_beside_others_is_no_conflict() {
    JsonObject pod =
        Pods.web(
            "annotations:\n  weft.dev/config-dir: /data/config\n",
            "containers: [{name: a, volumeMounts: [{name: v, mountPath: /data/config2}]}]\n");

    assertThat(((Injected) INJECTOR.inject(pod, Pods.labelled())).warnings()).isEmpty();
  }

  @Test
  void without_native_sidecars_the_application_has_its_configuration_as_well() {
    JsonObject pod =
        Pods.web(
            "annotations:\n  weft.dev/config-dir: /conf\n", "initContainers: [{name: first}]\n");

    JsonObject became = ((Injected) new Injector(CONFIG, false).inject(pod, Pods.labelled())).pod();

    List<JsonObject> containers = Json.objects(became, "spec", "containers");
    assertThat(mounted(containers.get(0))).containsEntry("/etc/weft/config", false);
    assertThat(mounted(containers.get(1))).containsOnly(Map.entry("/conf", true));
    List<JsonObject> before = Json.objects(became, "spec", "initContainers");
    assertThat(mounted(before.get(0))).containsOnly(Map.entry("/conf", true));
    assertThat(mounted(before.get(1))).as("the step that intercepts").isEmpty();
  }

  /** Where a container has volumes, and whether it may only read them. */
  private static Map<String, Boolean> mounted(JsonObject container) {
    return Json.objects(container, "volumeMounts").stream()
        .collect(
            Collectors.toMap(
                mount -> Json.text(mount, "mountPath"), mount -> Json.truth(mount, "readOnly")));
  }
}
