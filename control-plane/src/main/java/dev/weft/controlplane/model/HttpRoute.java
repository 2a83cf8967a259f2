package dev.weft.controlplane.model;

import dev.weft.common.config.MatchConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An {@code HTTPRoute} whose parents are services: where the requests to those services go. Or a
 * {@code GRPCRoute}, in the same terms: a call is a request whose path is its service and method.
 * Or a {@code TLSRoute} or {@code TCPRoute}, which have one rule, and whose connections are passed
 * on.
 *
 * @param parents at least one; of another namespace than the route's own: it is a consumer route
 * @param rules in the document's order: {@code rules().get(i)} is {@code spec.rules[i]}
 */
public record HttpRoute(DocumentMeta meta, Kind kind, List<ServiceRef> parents, List<Rule> rules) {
  public HttpRoute {
    parents = List.copyOf(parents);
    rules = List.copyOf(rules);
  }

  /** An {@code HTTPRoute}. */
  public HttpRoute(DocumentMeta meta, List<ServiceRef> parents, List<Rule> rules) {
    this(meta, Kind.HTTP, parents, rules);
  }

  /** Kinds of routes, those first that win where several are attached to one port (GEP-1294). */
  public enum Kind {
    GRPC("GRPCRoute"),
    HTTP("HTTPRoute"),
    TLS("TLSRoute"),
    TCP("TCPRoute");

    private final String kind;

    Kind(String kind) {
      this.kind = kind;
    }

    /** As documents spell it. */
    public String kind() {
      return kind;
    }
  }

  /** Names it among routes of every kind. */
  public ObjectKey key() {
    return key(kind.kind(), meta.namespace(), meta.name());
  }

  /** The same of a document. */
  public static ObjectKey key(String kind, String namespace, String name) {
    return new ObjectKey(namespace, kind + "/" + name);
  }

  /** Whether it says where the requests to that port go. */
  public boolean isFor(ObjectKey service, ServicePort port) {
    return parents.stream().anyMatch(parent -> parent.names(service, port));
  }

  /**
   * Whether it may send requests to that service: one of its own namespace or of a parent's, or one
   * that a grant of the service's namespace is for.
   */
  public boolean permits(ObjectKey service, Collection<ReferenceGrant> grantsThere) {
    String theirs = service.namespace();
    return theirs.equals(meta.namespace())
        || parents.stream().anyMatch(parent -> parent.namespace().equals(theirs))
        || grantsThere.stream()
            .anyMatch(grant -> grant.permits(kind.kind(), meta.namespace(), service.name()));
  }

  /** Of the routes attached to one port those of the kind that wins: one kind alone is applied. */
  public static List<HttpRoute> applied(Collection<HttpRoute> attached) {
    var kinds = EnumSet.noneOf(Kind.class);
    attached.forEach(route -> kinds.add(route.kind));
    return kinds.isEmpty()
        ? List.of()
        : attached.stream().filter(route -> route.kind == kinds.iterator().next()).toList();
  }

  /**
   * One rule: any of its matches leads to its backends.
   *
   * @param name for people; empty: none
   * @param matches at least one; {@code matches().get(j)} is {@code spec.rules[i].matches[j]}, or
   *     {@link MatchConfig#ANY} where the document has none
   * @param backends none: every request of this rule is answered with 500, as Gateway API says
   * @param requestTimeout null: not said; zero: no limit
   * @param backendRequestTimeout of one attempt; null: not said; zero: no limit
   * @param retry null: not said
   */
  public record Rule(
      String name,
      List<MatchConfig> matches,
      List<Backend> backends,
      RuleFilters filters,
      @Nullable Duration requestTimeout,
      @Nullable Duration backendRequestTimeout,
      @Nullable Retry retry) {
    public Rule {
      matches = List.copyOf(matches);
      backends = List.copyOf(backends);
    }

    /** A rule that says nothing but where requests go. */
    public static Rule of(List<MatchConfig> matches, List<Backend> backends) {
      return new Rule("", matches, backends, RuleFilters.NONE, null, null, null);
    }
  }

  /**
   * When a request is tried again (GEP-1731).
   *
   * @param codes HTTP statuses, 400 to 599
   * @param attempts after the first; null: not said
   * @param backoff what is waited at least before each; null: not said
   */
  public record Retry(List<Integer> codes, @Nullable Integer attempts, @Nullable Duration backoff) {
    public Retry {
      codes = List.copyOf(codes);
    }
  }

  /**
   * A reference to where requests go.
   *
   * @param kind {@link #SERVICE}, or what it says that leads nowhere: another kind, with its group
   */
  public record Target(ServiceRef service, String kind) {
    public static final String SERVICE = "Service";

    public static Target of(ServiceRef service) {
      return new Target(service, SERVICE);
    }

    public boolean isService() {
      return kind.equals(SERVICE);
    }
  }

  /**
   * A weighted share of a rule.
   *
   * @param target a service with its port
   * @param weight 0 to 1,000,000
   */
  public record Backend(
      Target target, int weight, HeaderChange requestHeaders, HeaderChange responseHeaders) {
    /** A share whose headers pass as the rule leaves them. */
    public static Backend of(ServiceRef service, int weight) {
      return new Backend(Target.of(service), weight, HeaderChange.NONE, HeaderChange.NONE);
    }

    public ServiceRef service() {
      return target.service();
    }
  }
}
