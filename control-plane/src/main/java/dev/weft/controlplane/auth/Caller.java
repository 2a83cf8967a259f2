package dev.weft.controlplane.auth;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as Kubernetes knows them. Immutable.
 *
 * @param user e.g. {@code jane} or {@code system:serviceaccount:shop:catalog}
 * @param extra what the API server's authenticator added
 * @param pod whose sidecar it is: set for a token that is bound to a pod and meant for the mesh
 */
public record Caller(
    String user,
    String uid,
    List<String> groups,
    Map<String, List<String>> extra,
    @Nullable Pod pod) {
  /** The audience of the tokens that sidecars show. */
  public static final String AUDIENCE = "weft";

  public Caller {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  /** A pod, as a token says it. */
  public record Pod(String namespace, String name, String uid) {}

  /** As people name it. */
  String shown() {
    return pod == null ? user : "pod " + pod.name + " of namespace " + pod.namespace;
  }
}
