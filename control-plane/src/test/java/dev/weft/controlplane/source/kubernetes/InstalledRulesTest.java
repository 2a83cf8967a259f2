package dev.weft.controlplane.source.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.source.kubernetes.api.ApiResource;
import dev.weft.controlplane.validate.policy.Kinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The manifests that are installed, against the kinds that the control plane really follows. */
class InstalledRulesTest {
  private static final Path BASE = Path.of("../deploy/k8s/base");

  /** Whose labels say where sidecars have to know whom to trust; not stored. */
  private static final ApiResource NAMESPACES = ApiResource.of("Namespace", "", "namespaces", "v1");

  @Test
  void everythingThatIsFollowedMayBeReadAndNothingElse() throws IOException {
    var read = new TreeSet<String>();
    for (Map<?, ?> role : documents("rbac.yaml", "ClusterRole")) {
      for (Map<?, ?> rule : maps(role, "rules")) {
        if (texts(rule, "verbs").equals(List.of("get", "list", "watch"))
            && texts(rule, "resourceNames").isEmpty()) {
          read.addAll(named(rule));
        }
      }
    }
    var followed = new ArrayList<>(Followed.documents());
    followed.addAll(List.of(Followed.PODS, Followed.NODES, Followed.SLICES, NAMESPACES));

    assertThat(read)
        .containsExactlyElementsOf(
            new TreeSet<>(followed.stream().map(ApiResource::shown).toList()));
  }

  @Test
  void everyKindOfPolicyIsJudgedInEveryVersionThatIsUnderstood() throws IOException {
    List<Map<?, ?>> rules = new ArrayList<>();
    for (Map<?, ?> configuration : documents("webhooks.yaml", "ValidatingWebhookConfiguration")) {
      for (Map<?, ?> webhook : maps(configuration, "webhooks")) {
        rules.addAll(maps(webhook, "rules"));
      }
    }
    for (Kinds.Served kind : Kinds.served()) {
      // Of a Service and a ReferenceGrant the API server knows the form, and others go by them,
      // too.
      if (!Set.of(Kinds.SERVICE, Kinds.REFERENCE_GRANT).contains(kind.kind())) {
        assertThat(rules)
            .as(kind.kind())
            .anyMatch(
                rule ->
                    texts(rule, "apiGroups").contains(kind.group())
                        && takes(texts(rule, "resources"), List.of(kind.plural()))
                        && takes(texts(rule, "apiVersions"), kind.versions()));
      }
    }
  }

  private static boolean takes(List<String> said, List<String> wanted) {
    return said.contains("*") || said.containsAll(wanted);
  }

  private static List<String> named(Map<?, ?> rule) {
    var names = new ArrayList<String>();
    for (String group : texts(rule, "apiGroups")) {
      for (String resource : texts(rule, "resources")) {
        names.add(ApiResource.of("", group, resource).shown());
      }
    }
    return names;
  }

  private static List<Map<?, ?>> documents(String file, String kind) throws IOException {
    var found = new ArrayList<Map<?, ?>>();
    Load load = new Load(LoadSettings.builder().build());
    for (Object document : load.loadAllFromString(Files.readString(BASE.resolve(file)))) {
      if (document instanceof Map<?, ?> map && kind.equals(map.get("kind"))) {
        found.add(map);
      }
    }
    assertThat(found).as(kind + " in " + file).isNotEmpty();
    return found;
  }

  private static List<Map<?, ?>> maps(Map<?, ?> from, String field) {
    var all = new ArrayList<Map<?, ?>>();
    if (from.get(field) instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> map) {
          all.add(map);
        }
      }
    }
    return all;
  }

  private static List<String> texts(Map<?, ?> from, String field) {
    return from.get(field) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of();
  }
}
