package dev.weft.controlplane.auth;

import dev.weft.controlplane.validate.policy.Kinds;
import java.util.Set;

/**
 * One thing that a caller wants to do, in the terms of Kubernetes' RBAC. Immutable.
 *
 * @param namespace empty: everywhere
 * @param name empty: any
 */
public record Access(String verb, String group, String resource, String namespace, String name) {
  static final String WEFT = Kinds.WEFT_GROUP;
  static final String INSTANCES = "instances";
  static final String SIDECARS = "sidecars";
  static final String ZONES = "zones";
  private static final Set<String> RBAC_ONLY = Set.of(INSTANCES, SIDECARS, ZONES);
  private static final String VIEWER = "weft-view";
  private static final String EDITOR = "weft-edit";
  private static final String OPERATOR = "weft-operate";

  /** As {@code kubectl auth can-i} has it: {@code list httproutes.gateway.networking.k8s.io}. */
  String shown() {
    return verb
        + ' '
        + qualified()
        + (name.isEmpty() ? "" : " \"" + name + '"')
        + (namespace.isEmpty() ? " in all namespaces" : " in namespace \"" + namespace + '"');
  }

  /** What gives it, to be carried out by somebody who may. */
  String remedy(Caller caller) {
    boolean everywhere = namespace.isEmpty();
    String binding =
        everywhere ? "kubectl create clusterrolebinding " : "kubectl create rolebinding ";
    if (group.equals(WEFT) && RBAC_ONLY.contains(resource)) {
      // kubectl makes no role for what the API server does not serve; this one is installed.
      String role = resource.equals(ZONES) ? OPERATOR : verb.equals("update") ? EDITOR : VIEWER;
      return binding
          + role
          + '-'
          + caller.user().replaceAll("[^A-Za-z0-9.-]", "-")
          + " --clusterrole="
          + role
          + subject(caller.user())
          + in();
    }
    String role = "weft-" + verb + '-' + resource;
    return "kubectl create "
        + (everywhere ? "clusterrole " : "role ")
        + role
        + " --verb="
        + verb
        + " --resource="
        + qualified()
        + in()
        + " && "
        + binding
        + role
        + (everywhere ? " --clusterrole=" : " --role=")
        + role
        + subject(caller.user())
        + in();
  }

  private String qualified() {
    return group.isEmpty() ? resource : resource + '.' + group;
  }

  private String in() {
    return namespace.isEmpty() ? "" : " -n " + namespace;
  }

  private static String subject(String user) {
    String prefix = "system:serviceaccount:";
    return user.startsWith(prefix)
        ? " --serviceaccount=" + user.substring(prefix.length())
        : " --user=" + user;
  }
}
