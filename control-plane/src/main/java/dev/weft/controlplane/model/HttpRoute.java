package dev.weft.controlplane.model;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.MatchConfig;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An {@code HTTPRoute} whose parents are services: where the requests to those services go.
 *
 * @param parents at least one; their namespace is the route's own
 * @param rules in the document's order: {@code rules().get(i)} is {@code spec.rules[i]}
 */
public record HttpRoute(DocumentMeta meta, List<ServiceRef> parents, List<Rule> rules) {
  public HttpRoute {
    parents = List.copyOf(parents);
    rules = List.copyOf(rules);
  }

  /**
   * One rule: any of its matches leads to its backends.
   *
   * @param matches at least one; {@code matches().get(j)} is {@code spec.rules[i].matches[j]}, or
   *     {@link MatchConfig#ANY} where the document has none
   * @param backends none: every request of this rule is answered with 500, as Gateway API says
   * @param requestTimeout null: not said; zero: no limit
   * @param backendRequestTimeout of one attempt; null: not said; zero: no limit
   * @param cors null: the application alone speaks about other origins
   */
  public record Rule(
      List<MatchConfig> matches,
      List<Backend> backends,
      HeaderChange requestHeaders,
      HeaderChange responseHeaders,
      @Nullable Duration requestTimeout,
      @Nullable Duration backendRequestTimeout,
      @Nullable CorsConfig cors) {
    public Rule {
      matches = List.copyOf(matches);
      backends = List.copyOf(backends);
    }
  }

  /**
   * A weighted share of a rule.
   *
   * @param service with its port
   * @param weight 0 to 1,000,000
   */
  public record Backend(ServiceRef service, int weight, HeaderChange requestHeaders) {}
}
