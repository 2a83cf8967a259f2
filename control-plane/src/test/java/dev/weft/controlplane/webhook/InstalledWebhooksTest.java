package dev.weft.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The webhooks of {@code deploy/k8s}: about whom the API server asks, and so whom a webhook that is
 * away can keep from starting.
 */
class InstalledWebhooksTest {
  private static final Path WEBHOOKS = Path.of("../deploy/k8s/base/webhooks.yaml");
  private static final Map<String, String> NONE = Map.of();
  private static final Map<String, String> ENABLED = Map.of("weft.dev/inject", "enabled");
  private static final Map<String, String> DISABLED = Map.of("weft.dev/inject", "disabled");

  @ParameterizedTest
  @ValueSource(strings = {"kube-system", "kube-public", "kube-node-lease", "weft-system"})
  void nobody_is_asked_about_what_the_cluster_and_the_mesh_need_to_live(String namespace)
      throws IOException {
    for (Map<String, String> labels : List.of(NONE, ENABLED)) {
      for (Map<String, String> pod : List.of(NONE, ENABLED)) {
        assertThat(injectorsAsked(namespace, labels, pod)).as("%s, pod %s", labels, pod).isEmpty();
      }
      for (ValidatingWebhook webhook : validators()) {
        assertThat(selects(webhook.getNamespaceSelector(), namespace(namespace, labels)))
            .as("%s about %s %s", webhook.getName(), namespace, labels)
            .isFalse();
      }
    }
  }

  @Test
  void a_namespace_outside_the_mesh_is_not_asked_about_but_for_pods_that_opt_in()
      throws IOException {
    assertThat(injectorsAsked("shop", NONE, NONE)).isEmpty();
    assertThat(injectorsAsked("shop", DISABLED, NONE)).isEmpty();
    assertThat(injectorsAsked("shop", NONE, Map.of("app", "web"))).isEmpty();
    assertThat(injectorsAsked("shop", NONE, DISABLED)).isEmpty();

    assertThat(injectorsAsked("shop", NONE, ENABLED)).containsExactly("inject-pod.weft.dev");
    assertThat(injectorsAsked("shop", DISABLED, ENABLED)).containsExactly("inject-pod.weft.dev");
  }

  @Test
  void a_pod_of_the_mesh_is_asked_about_once_unless_it_opts_out() throws IOException {
    assertThat(injectorsAsked("shop", ENABLED, NONE)).containsExactly("inject.weft.dev");
    assertThat(injectorsAsked("shop", ENABLED, ENABLED)).containsExactly("inject.weft.dev");

    assertThat(injectorsAsked("shop", ENABLED, DISABLED)).isEmpty();
  }

  @Test
  void no_pod_of_the_mesh_starts_without_being_asked_about_and_no_policy_waits()
      throws IOException {
    assertThat(injectors()).extracting(MutatingWebhook::getFailurePolicy).containsOnly("Fail");
    assertThat(validators()).extracting(ValidatingWebhook::getFailurePolicy).containsOnly("Ignore");
  }

  /** The names of the webhooks that are asked about a new pod. */
  private static List<String> injectorsAsked(
      String namespace, Map<String, String> labels, Map<String, String> pod) throws IOException {
    return injectors().stream()
        .filter(webhook -> selects(webhook.getNamespaceSelector(), namespace(namespace, labels)))
        .filter(webhook -> selects(webhook.getObjectSelector(), pod))
        .map(MutatingWebhook::getName)
        .toList();
  }

  /** With the label that the API server gives each. */
  private static Map<String, String> namespace(String name, Map<String, String> labels) {
    var all = new HashMap<>(labels);
    all.put("kubernetes.io/metadata.name", name);
    return all;
  }

  /** As the API server does it. */
  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    Map<String, String> wanted = selector.getMatchLabels();
    return (wanted == null || labels.entrySet().containsAll(wanted.entrySet()))
        && selector.getMatchExpressions().stream().allMatch(each -> holds(each, labels));
  }

  private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
    String value = labels.getOrDefault(requirement.getKey(), "");
    return switch (requirement.getOperator()) {
      case "In" -> requirement.getValues().contains(value);
      case "NotIn" -> !requirement.getValues().contains(value);
      default -> throw new AssertionError("this test does not know " + requirement);
    };
  }

  private static List<MutatingWebhook> injectors() throws IOException {
    return Serialization.unmarshal(document(0), MutatingWebhookConfiguration.class).getWebhooks();
  }

  private static List<ValidatingWebhook> validators() throws IOException {
    return Serialization.unmarshal(document(1), ValidatingWebhookConfiguration.class).getWebhooks();
  }

  private static String document(int index) throws IOException {
    return Files.readString(WEBHOOKS).split("(?m)^---$", -1)[index];
  }
}
