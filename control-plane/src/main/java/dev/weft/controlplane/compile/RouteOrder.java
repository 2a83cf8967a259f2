package dev.weft.controlplane.compile;

import dev.weft.common.config.MatchConfig;
import dev.weft.controlplane.model.HttpRoute;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which match of which rule is asked first, as Gateway API says: an exact path, then the longest
 * prefix, a method, the most headers, the most query parameters; then the oldest route, then by
 * namespace and name; within a route the first rule. Pure.
 *
 * <p>Gateway API leaves it open where regular expressions go: here after the exact paths and before
 * every prefix (otherwise "/" would hide them), the longer expression first.
 */
final class RouteOrder {
  private static final Comparator<Candidate> PRECEDENCE =
      Comparator.<Candidate>comparingInt(RouteOrder::rank)
          .thenComparingInt(candidate -> -candidate.match().path().length())
          .thenComparing(candidate -> candidate.match().serverName().startsWith("*"))
          .thenComparingInt(candidate -> -candidate.match().serverName().length())
          .thenComparing(candidate -> candidate.match().method().isEmpty())
          .thenComparingInt(candidate -> -candidate.match().headers().size())
          .thenComparingInt(candidate -> -candidate.match().query().size())
          .thenComparingLong(candidate -> candidate.route().meta().createdAtMillis())
          .thenComparing(candidate -> candidate.route().meta().namespace())
          .thenComparing(candidate -> candidate.route().meta().name())
          .thenComparingInt(Candidate::ruleIndex)
          .thenComparingInt(Candidate::matchIndex);

  private RouteOrder() {}

  /** One match of one rule. */
  record Candidate(HttpRoute route, int ruleIndex, int matchIndex) {
    HttpRoute.Rule rule() {
      return route.rules().get(ruleIndex);
    }

    MatchConfig match() {
      return rule().matches().get(matchIndex);
    }
  }

  /** Every match of every rule of the routes, in the order in which they are to be tried. */
  static List<Candidate> of(Iterable<HttpRoute> routes) {
    var candidates = new ArrayList<Candidate>();
    for (HttpRoute route : routes) {
      for (int rule = 0; rule < route.rules().size(); rule++) {
        for (int match = 0; match < route.rules().get(rule).matches().size(); match++) {
          candidates.add(new Candidate(route, rule, match));
        }
      }
    }
    candidates.sort(PRECEDENCE);
    return candidates;
  }

  private static int rank(Candidate candidate) {
    MatchConfig match = candidate.match();
    boolean grpc = candidate.route().kind() == HttpRoute.Kind.GRPC;
    return switch (match.pathKind()) {
      case EXACT -> 0;
      // Of calls, service and method; else a service; else what says the method alone.
      case REGEX -> grpc ? 3 : 1;
      case PREFIX -> grpc && match.path().equals("/") ? 4 : 2;
    };
  }
}
