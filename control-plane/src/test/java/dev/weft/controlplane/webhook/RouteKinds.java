package dev.weft.controlplane.webhook;

import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.testkit.cluster.Cluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The kinds of Gateway API's routes on a cluster that may not have them: those that it lacks are
 * defined, with any fields, until this is closed.
 */
final class RouteKinds implements AutoCloseable {
  // Where a part of Gateway API is installed, its admission policy wants to know a recent version.
  private static final String OF_ANY_FORM =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: %s.gateway.networking.k8s.io
        annotations:
          api-approved.kubernetes.io: "unapproved, for a test"
          gateway.networking.k8s.io/bundle-version: v1.99.0
      spec:
        group: gateway.networking.k8s.io
        scope: Namespaced
        names: {kind: %s, plural: %s, singular: %s}
        versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
      """;

  private final Cluster cluster;
  private final List<String> ours = new ArrayList<>();

  RouteKinds(Cluster cluster) {
    this.cluster = cluster;
  }

  /** What stands in {@code apiVersion} of such a route: of those that we know the first served. */
  String apiVersion(String kind) {
    Kinds.Served known = Objects.requireNonNull(Kinds.served(kind), kind);
    String definition = "crd/" + known.plural() + "." + known.group();
    if (cluster.everywhere("get", definition, "--ignore-not-found").isEmpty()) {
      String plural = known.plural();
      String singular = plural.substring(0, plural.length() - 1);
      cluster.apply(OF_ANY_FORM.formatted(plural, kind, plural, singular));
      ours.add(definition);
      cluster.everywhere("wait", "--for=condition=Established", definition, "--timeout=2m");
    }
    String served =
        cluster.everywhere(
            "get", definition, "-o", "jsonpath={.spec.versions[?(@.served==true)].name}");
    Set<String> there = Set.of(served.split(" ", -1));
    return known.group()
        + "/"
        + known.versions().stream().filter(there::contains).findFirst().orElseThrow();
  }

  @Override
  public void close() {
    ours.forEach(definition -> cluster.everywhere("delete", definition));
  }
}
