package dev.weft.cli.check.rule;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which rights an installation needs, by its own manifests. Pure. */
public final class AccessNeeds {
  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String ACCOUNT = "weft-control-plane";

  private AccessNeeds() {}

  /**
   * What whoever installs these objects needs.
   *
   * @param objects as the manifests have them
   */
  public static List<Access> ofInstaller(List<Map<?, ?>> objects) {
    Set<Access> all = new LinkedHashSet<>();
    for (Map<?, ?> object : objects) {
      String kind = text(object, "kind");
      String version = text(object, "apiVersion");
      int slash = version.indexOf('/');
      String group = slash < 0 ? "" : version.substring(0, slash);
      String namespace = text(map(object, "metadata"), "namespace");
      for (String verb : List.of("get", "create", "patch")) {
        all.add(new Access(verb, group, plural(kind), "", namespace, ""));
      }
      // Whoever gives rights needs them all, or these two.
      if (kind.equals("ClusterRole")) {
        all.add(new Access("escalate", RBAC, "clusterroles", "", "", ""));
      } else if (kind.equals("ClusterRoleBinding")) {
        all.add(new Access("bind", RBAC, "clusterroles", "", "", ""));
      }
    }
    return List.copyOf(all);
  }

  /** What these objects give to the control plane. */
  public static List<Access> ofControlPlane(List<Map<?, ?>> objects) {
    Set<Access> all = new LinkedHashSet<>();
    for (Map<?, ?> object : objects) {
      String kind = text(object, "kind");
      Map<?, ?> metadata = map(object, "metadata");
      if (text(metadata, "name").equals(ACCOUNT)
          && (kind.equals("ClusterRole") || kind.equals("Role"))) {
        for (Object rule : list(object, "rules")) {
          add(all, map(rule), text(metadata, "namespace"));
        }
      }
    }
    if (!all.isEmpty()) {
      // By a role of Kubernetes' own.
      String map = "extension-apiserver-authentication";
      all.add(new Access("get", "", "configmaps", "", "kube-system", map));
    }
    return List.copyOf(all);
  }

  private static void add(Set<Access> all, Map<?, ?> rule, String namespace) {
    List<String> names = texts(rule, "resourceNames");
    for (String group : texts(rule, "apiGroups")) {
      for (String resource : texts(rule, "resources")) {
        int slash = resource.indexOf('/');
        String plural = slash < 0 ? resource : resource.substring(0, slash);
        String below = slash < 0 ? "" : resource.substring(slash + 1);
        for (String verb : texts(rule, "verbs")) {
          for (String name : names.isEmpty() ? List.of("") : names) {
            all.add(new Access(verb, group, plural, below, namespace, name));
          }
        }
      }
    }
  }

  private static String plural(String kind) {
    String lower = kind.toLowerCase(Locale.ROOT);
    return lower.endsWith("y")
        ? lower.substring(0, lower.length() - 1) + "ies"
        : lower + (lower.endsWith("s") ? "es" : "s");
  }

  private static String text(Map<?, ?> map, String field) {
    Object value = map.get(field);
    return value == null ? "" : value.toString();
  }

  private static Map<?, ?> map(Map<?, ?> map, String field) {
    return map(map.get(field));
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static List<?> list(Map<?, ?> map, String field) {
    return map.get(field) instanceof List<?> list ? list : List.of();
  }

  private static List<String> texts(Map<?, ?> map, String field) {
    var texts = new ArrayList<String>();
    list(map, field).forEach(value -> texts.add(String.valueOf(value)));
    return texts;
  }
}
