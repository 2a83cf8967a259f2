package dev.weft.controlplane.validate;

import java.util.List;
import java.util.Map;

/** The kinds of documents, as they are spelled. */
public final class Kinds {
  public static final String SERVICE = "Service";
  public static final String HTTP_ROUTE = "HTTPRoute";
  public static final String GRPC_ROUTE = "GRPCRoute";
  public static final String TLS_ROUTE = "TLSRoute";
  public static final String TCP_ROUTE = "TCPRoute";
  public static final String REFERENCE_GRANT = "ReferenceGrant";
  public static final String TRAFFIC_POLICY = "TrafficPolicy";

  static final String GATEWAY_GROUP = "gateway.networking.k8s.io";
  static final String WEFT_GROUP = "weft.dev";

  /** The apiVersions of each kind. */
  static final Map<String, List<String>> API_VERSIONS =
      Map.of(
          SERVICE, List.of("v1"),
          HTTP_ROUTE, List.of(GATEWAY_GROUP + "/v1"),
          GRPC_ROUTE, List.of(GATEWAY_GROUP + "/v1"),
          TLS_ROUTE,
              List.of(
                  GATEWAY_GROUP + "/v1", GATEWAY_GROUP + "/v1alpha3", GATEWAY_GROUP + "/v1alpha2"),
          TCP_ROUTE, List.of(GATEWAY_GROUP + "/v1", GATEWAY_GROUP + "/v1alpha2"),
          REFERENCE_GRANT, List.of(GATEWAY_GROUP + "/v1", GATEWAY_GROUP + "/v1beta1"),
          TRAFFIC_POLICY, List.of(WEFT_GROUP + "/v1alpha1"));

  private Kinds() {}

  /** Every kind. */
  public static List<String> all() {
    return List.of(
        SERVICE, HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, REFERENCE_GRANT, TRAFFIC_POLICY);
  }
}
