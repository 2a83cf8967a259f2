package dev.weft.controlplane.validate.policy;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The kinds of documents, as they are spelled, and as the API of Kubernetes serves them. */
public final class Kinds {
  public static final String SERVICE = "Service";
  public static final String HTTP_ROUTE = "HTTPRoute";
  public static final String GRPC_ROUTE = "GRPCRoute";
  public static final String TLS_ROUTE = "TLSRoute";
  public static final String TCP_ROUTE = "TCPRoute";
  public static final String REFERENCE_GRANT = "ReferenceGrant";
  public static final String TRAFFIC_POLICY = "TrafficPolicy";
  public static final String CONFIG_ENTRY = "ConfigEntry";

  /** The group of Gateway API. */
  public static final String GATEWAY_GROUP = "gateway.networking.k8s.io";

  /** The group of what is ours. */
  public static final String WEFT_GROUP = "weft.dev";

  private static final List<Served> SERVED =
      List.of(
          served(SERVICE, "", "services", "v1"),
          served(HTTP_ROUTE, GATEWAY_GROUP, "httproutes", "v1"),
          served(GRPC_ROUTE, GATEWAY_GROUP, "grpcroutes", "v1"),
          served(TLS_ROUTE, GATEWAY_GROUP, "tlsroutes", "v1", "v1alpha3", "v1alpha2"),
          served(TCP_ROUTE, GATEWAY_GROUP, "tcproutes", "v1", "v1alpha2"),
          served(REFERENCE_GRANT, GATEWAY_GROUP, "referencegrants", "v1beta1", "v1"),
          served(TRAFFIC_POLICY, WEFT_GROUP, "trafficpolicies", "v1alpha1"));

  /** Kept in the store only; its name in the API is for RBAC. */
  private static final Served OWN = served(CONFIG_ENTRY, WEFT_GROUP, "configentries", "v1alpha1");

  private static final List<Served> ALL = Stream.concat(SERVED.stream(), Stream.of(OWN)).toList();

  /**
   * How Kubernetes serves a kind.
   *
   * @param group empty: the core group
   * @param plural as in the API's paths and in RBAC
   * @param versions those that are understood, the one to ask for first at the front
   */
  public record Served(String kind, String group, String plural, List<String> versions) {
    /** Copies the versions. */
    public Served {
      versions = List.copyOf(versions);
    }

    /** What may stand in {@code apiVersion}. */
    public List<String> apiVersions() {
      return versions.stream()
          .map(version -> group.isEmpty() ? version : group + "/" + version)
          .toList();
    }
  }

  private Kinds() {}

  private static Served served(String kind, String group, String plural, String... versions) {
    return new Served(kind, group, plural, List.of(versions));
  }

  /** Every kind. */
  public static List<String> all() {
    return ALL.stream().map(Served::kind).toList();
  }

  /** The kinds of which Kubernetes has objects, with what it calls them. */
  public static List<Served> served() {
    return SERVED;
  }

  /** What Kubernetes calls that kind; null when it is none of ours. */
  public static @Nullable Served served(String kind) {
    for (Served each : ALL) {
      if (each.kind().equals(kind)) {
        return each;
      }
    }
    return null;
  }
}
