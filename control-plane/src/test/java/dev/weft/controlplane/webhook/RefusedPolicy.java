package dev.weft.controlplane.webhook;

import dev.weft.controlplane.validate.policy.Kinds;
import java.util.List;

/**
 * An object that an API server takes by the schema of its kind, and the validation refuses.
 *
 * @param path of the field that is wrong
 * @param spec as YAML in one line
 */
record RefusedPolicy(String kind, String path, String spec) {
  static final List<RefusedPolicy> ALL =
      List.of(
          new RefusedPolicy(
              Kinds.HTTP_ROUTE,
              "spec.rules[0].matches[0].path.value",
              toWeb("rules: [{matches: [{path: {type: RegularExpression, value: \"(\"}}]}]")),
          new RefusedPolicy(
              Kinds.GRPC_ROUTE,
              "spec.rules[0].matches[0].method.service",
              toWeb("rules: [{matches: [{method: {type: RegularExpression, service: \"(\"}}]}]")),
          new RefusedPolicy(
              Kinds.TLS_ROUTE,
              "spec.rules[0].backendRefs[0].name",
              toWeb(
                  "hostnames: [web.example.com],"
                      + " rules: [{backendRefs: [{name: web.shop, port: 443}]}]")),
          new RefusedPolicy(
              Kinds.TCP_ROUTE,
              "spec.parentRefs[0].name",
              "{parentRefs: [{group: \"\", kind: Service, name: web.shop}],"
                  + " rules: [{backendRefs: [{name: web, port: 80}]}]}"),
          new RefusedPolicy(
              Kinds.TRAFFIC_POLICY,
              "spec.healthCheck.interval",
              "{targetRefs: [{kind: Service, name: web}],"
                  + " healthCheck: {tcp: {}, interval: 1ms}}"));

  private static String toWeb(String more) {
    return "{parentRefs: [{group: \"\", kind: Service, name: web}], " + more + "}";
  }

  /** The object. */
  String manifest(String apiVersion) {
    return """
        apiVersion: %s
        kind: %s
        metadata: {name: refused}
        spec: %s
        """
        .formatted(apiVersion, kind, spec);
  }

  @Override
  public String toString() {
    return kind;
  }
}
