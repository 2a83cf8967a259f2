package dev.weft.cli.demo;

/** The documents that the demo applies. */
final class Documents {
  /** {@code catalog}, and each of its versions by name. */
  static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata:
        name: catalog
      spec:
        selector:
          app: catalog
        ports:
          - name: http
            port: 80
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: catalog-v1
      spec:
        selector:
          app: catalog
          version: v1
        ports:
          - name: http
            port: 80
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: catalog-v2
      spec:
        selector:
          app: catalog
          version: v2
        ports:
          - name: http
            port: 80
      """;

  /** Where {@code frontend} and the first version of {@code catalog} run. */
  static final String ZONE_A = "eu/eu-a";

  static final String ZONE_B = "eu/eu-b";

  /** The near instances of {@code catalog} first; who fails is left out soon, a whole zone too. */
  static final String NEAR_FIRST =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata:
        name: catalog
      spec:
        targetRefs:
          - kind: Service
            name: catalog
        loadBalancer:
          locality: {}
        outlierDetection:
          consecutiveFailures: 3
          baseEjection: 2s
          maxEjection: 4s
          maxEjectionPercent: 100
      """;

  /** As if there were no policy. */
  static final String ALL_ALIKE =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata:
        name: catalog
      spec:
        targetRefs:
          - kind: Service
            name: catalog
        loadBalancer:
          type: PeakEwma
      """;

  private Documents() {}

  /** Shares requests for {@code catalog} among its versions. */
  static String canary(int weightOfV1, int weightOfV2) {
    return route(
        """
                - name: catalog-v1
                  port: 80
                  weight: %d
                - name: catalog-v2
                  port: 80
                  weight: %d
        """
            .formatted(weightOfV1, weightOfV2));
  }

  /** All requests for {@code catalog} to whichever of its instances. */
  static String whole() {
    return route(
        """
                - name: catalog
                  port: 80
        """);
  }

  private static String route(String backends) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: catalog-canary
    spec:
      parentRefs:
        - group: ""
          kind: Service
          name: catalog
      rules:
        - backendRefs:
    """
        + backends;
  }

  /** A canary whose second weight is no number. */
  static String badCanary() {
    String good = canary(50, 50);
    return good.substring(0, good.lastIndexOf("50")) + "plenty\n";
  }
}
