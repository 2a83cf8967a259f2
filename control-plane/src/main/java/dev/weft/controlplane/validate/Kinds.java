package dev.weft.controlplane.validate;

import java.util.List;
import java.util.Map;

/** The kinds of documents, as they are spelled. */
public final class Kinds {
  public static final String SERVICE = "Service";
  public static final String HTTP_ROUTE = "HTTPRoute";
  public static final String TRAFFIC_POLICY = "TrafficPolicy";

  static final String GATEWAY_GROUP = "gateway.networking.k8s.io";
  static final String WEFT_GROUP = "weft.dev";

  /** The apiVersion of each kind. */
  static final Map<String, String> API_VERSIONS =
      Map.of(
          SERVICE, "v1",
          HTTP_ROUTE, GATEWAY_GROUP + "/v1",
          TRAFFIC_POLICY, WEFT_GROUP + "/v1alpha1");

  private Kinds() {}

  /** Every kind. */
  public static List<String> all() {
    return List.of(SERVICE, HTTP_ROUTE, TRAFFIC_POLICY);
  }
}
