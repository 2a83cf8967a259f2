package dev.weft.cli.document;

import dev.weft.cli.connection.Failures;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of documents, and the names that a person may type for them. */
public enum Kind {
  SERVICE("Service", "", "services", "svc"),
  HTTP_ROUTE("HTTPRoute", ".gateway.networking.k8s.io", "httproutes", "httproutes"),
  GRPC_ROUTE("GRPCRoute", ".gateway.networking.k8s.io", "grpcroutes", "grpcroutes"),
  TLS_ROUTE("TLSRoute", ".gateway.networking.k8s.io", "tlsroutes", "tlsroutes"),
  TCP_ROUTE("TCPRoute", ".gateway.networking.k8s.io", "tcproutes", "tcproutes"),
  REFERENCE_GRANT("ReferenceGrant", ".gateway.networking.k8s.io", "referencegrants", "refgrant"),
  TRAFFIC_POLICY("TrafficPolicy", ".weft.dev", "trafficpolicies", "tp"),
  CONFIG_ENTRY("ConfigEntry", ".weft.dev", "configentries", "ce");

  private final String wireName;
  private final String group;
  private final String plural;
  private final String shortName;

  Kind(String wireName, String group, String plural, String shortName) {
    this.wireName = wireName;
    this.group = group;
    this.plural = plural;
    this.shortName = shortName;
  }

  /** As documents and the API write it, e.g. "HTTPRoute". */
  public String wireName() {
    return wireName;
  }

  /**
   * The kind that {@code typed} means.
   *
   * @throws Failures.CommandFailed when it means none
   */
  static Kind parse(String typed) {
    String name = typed.toLowerCase(Locale.ROOT);
    for (Kind kind : values()) {
      String singular = kind.wireName.toLowerCase(Locale.ROOT);
      if (name.equals(singular)
          || name.equals(singular + kind.group)
          || name.equals(kind.plural)
          || name.equals(kind.shortName)) {
        return kind;
      }
    }
    throw new Failures.CommandFailed(
        "there is no kind '"
            + typed
            + "'; there are: "
            + Arrays.stream(values())
                .map(k -> k.wireName.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", ")));
  }

  /** As kubectl prints it: "httproute.gateway.networking.k8s.io/catalog". */
  public static String display(PolicyKey key) {
    Kind known = ofWireName(key.getKind());
    String where = key.getNamespace().equals("default") ? "" : " (" + key.getNamespace() + ")";
    return key.getKind().toLowerCase(Locale.ROOT)
        + (known == null ? "" : known.group)
        + "/"
        + key.getName()
        + where;
  }

  private static @Nullable Kind ofWireName(String wireName) {
    for (Kind kind : values()) {
      if (kind.wireName.equals(wireName)) {
        return kind;
      }
    }
    return null;
  }
}
