package dev.weft.soak.mesh;

import java.util.List;

/** The documents that a soak run applies. */
public final class SoakDocuments {
  /** Both services, and each version of the one that is called last. */
  static final String SERVICES =
      String.join(
          "---\n",
          service("frontend", "app: frontend"),
          service("callee", "app: callee"),
          service("callee-v1", "app: callee, version: v1"),
          service("callee-v2", "app: callee, version: v2"));

  private static final List<String> BALANCERS =
      List.of(
          "type: PeakEwma",
          "locality: {}",
          "type: RoundRobin",
          "type: LeastRequest",
          "type: Random",
          "type: PeakEwma, locality: {}");

  /** The name of the entry of the applications' configuration. */
  public static final String SETTING = "soak-setting";

  private SoakDocuments() {}

  private static String service(String name, String selector) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec:
      selector: {%s}
      ports: [{name: http, port: 80}]
    """
        .formatted(name, selector);
  }

  /**
   * What somebody writes whose calls may be repeated: gRPC's too, and after an attempt that stands
   * still.
   *
   * @param choice any number: which balancer
   */
  public static String policy(String service, int choice) {
    String targets =
        service.equals(SoakMesh.CALLEE)
            ? "{kind: Service, name: callee}, {kind: Service, name: callee-v1},"
                + " {kind: Service, name: callee-v2}"
            : "{kind: Service, name: " + service + "}";
    return """
    apiVersion: weft.dev/v1alpha1
    kind: TrafficPolicy
    metadata: {name: %s}
    spec:
      targetRefs: [%s]
      loadBalancer: {%s}
      timeouts: {perTry: 2s}
      retry:
        attempts: 4
        "on": [connectFailure, reset, gatewayError, perTryTimeout]
        grpcStatuses: [UNAVAILABLE, DEADLINE_EXCEEDED]
      outlierDetection: {consecutiveFailures: 3, baseEjection: 2s, maxEjection: 4s}
    """
        .formatted(service, targets, BALANCERS.get(choice % BALANCERS.size()));
  }

  /**
   * One that is not the first of {@link #policy}.
   *
   * @param choice any number: which balancer
   */
  public static String anotherPolicy(String service, int choice) {
    return policy(service, 1 + choice % (BALANCERS.size() - 1));
  }

  /**
   * An entry of every application's configuration.
   *
   * @param percent to how many instances another value is released; 0: to none
   */
  public static String setting(int percent) {
    String release =
        percent == 0
            ? ""
            : "  release: {percent: " + percent + ", value: " + Settings.RELEASED + "}\n";
    return """
    apiVersion: weft.dev/v1alpha1
    kind: ConfigEntry
    metadata: {name: %s}
    spec:
      key: %s
      value: %s
    %s"""
        .formatted(SETTING, Settings.KEY, Settings.STEADY, release);
  }

  /** Shares requests among the versions of the service that is called last. */
  public static String route(int weightOfV1, int weightOfV2) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: callee}
    spec:
      parentRefs: [{group: "", kind: Service, name: callee}]
      rules:
        - backendRefs:
            - {name: callee-v1, port: 80, weight: %d}
            - {name: callee-v2, port: 80, weight: %d}
    """
        .formatted(weightOfV1, weightOfV2);
  }
}
