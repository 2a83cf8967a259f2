package dev.weft.controlplane.source.kubernetes.api;

import java.util.List;

/**
 * A kind of objects of the Kubernetes API. Immutable.
 *
 * @param kind as in {@code kind: HTTPRoute}
 * @param group empty for the core group
 * @param versions those that we understand, the one to ask for first at the front
 * @param plural as in the API's paths
 * @param fieldSelector what is asked for only, as in the API; empty: all of them
 */
public record ApiResource(
    String kind, String group, List<String> versions, String plural, String fieldSelector) {
  /** Copies the versions. */
  public ApiResource {
    versions = List.copyOf(versions);
  }

  /** All objects of a kind. */
  public static ApiResource of(String kind, String group, String plural, String... versions) {
    return new ApiResource(kind, group, List.of(versions), plural, "");
  }

  /** Of these objects only those that a field selector takes. */
  public ApiResource where(String selector) {
    return new ApiResource(kind, group, versions, plural, selector);
  }

  /** What stands in {@code apiVersion}. */
  public String apiVersion(String version) {
    return group.isEmpty() ? version : group + '/' + version;
  }

  /** As people and RBAC name it: {@code httproutes.gateway.networking.k8s.io}. */
  public String shown() {
    return group.isEmpty() ? plural : plural + '.' + group;
  }

  /** The path of all objects in all namespaces. */
  String path(String version) {
    return (group.isEmpty() ? "/api/" : "/apis/") + apiVersion(version) + '/' + plural;
  }
}
