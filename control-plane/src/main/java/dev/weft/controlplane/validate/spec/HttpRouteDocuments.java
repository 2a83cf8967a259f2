package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Backend;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.spec.RouteFilters.Level;
import dev.weft.controlplane.validate.yaml.GatewayDurations;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The spec of a Gateway API {@code HTTPRoute} whose parents are services. */
public final class HttpRouteDocuments {
  static final int MAX_RULES = 16;
  static final int MAX_MATCHES = 64;

  /** Of all rules together. */
  static final int MAX_ALL_MATCHES = 128;

  private static final int MAX_BACKENDS = 16;

  static final Known SPEC =
      Known.of("parentRefs", "hostnames", "rules")
          .refusing("useDefaultGateways", "name the parent Service in parentRefs");

  private static final Known RULE =
      Known.of("name", "matches", "filters", "backendRefs", "timeouts", "retry")
          .refusing("sessionPersistence", "requests are balanced one by one");

  private static final Known TIMEOUTS = Known.of("request", "backendRequest");

  private static final Known BACKEND =
      Known.of("group", "kind", "name", "namespace", "port", "weight", "filters");

  private HttpRouteDocuments() {}

  public static HttpRoute decode(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    List<ServiceRef> parents = RouteReferences.parents(draft, spec);
    hostnames(draft, spec);
    var rules = new ArrayList<Rule>();
    Place ruleList = spec.require("rules", "at least one rule");
    Set<String> names = Place.seen();
    for (Place item : ruleList == null ? List.<Place>of() : ruleList.items(1, MAX_RULES)) {
      rules.add(rule(draft, item, names));
    }
    countMatches(ruleList, rules);
    return new HttpRoute(meta, parents, rules);
  }

  /** Under a Service they mean nothing: it is addressed by its own names (GEP-1294). */
  static void hostnames(Draft draft, Obj spec) {
    Place hostnames = spec.get("hostnames");
    if (hostnames != null && !draft.report().lenient()) {
      hostnames.warn("mean nothing here: requests are matched by the names of the parent Service");
    }
  }

  static void countMatches(@Nullable Place rulesAt, List<Rule> rules) {
    int matches = rules.stream().mapToInt(rule -> rule.matches().size()).sum();
    if (rulesAt != null && matches > MAX_ALL_MATCHES) {
      rulesAt.wrong("at most " + MAX_ALL_MATCHES + " matches in all rules", ", not " + matches);
    }
  }

  private static Rule rule(Draft draft, Place at, Set<String> names) {
    Obj rule = Obj.of(at, RULE);
    String name = name(rule, names);
    var matches = new ArrayList<MatchConfig>();
    for (Place match : rule.items("matches", MAX_MATCHES)) {
      matches.add(RouteMatches.decode(match));
    }
    if (matches.isEmpty()) {
      matches.add(MatchConfig.ANY);
    }
    RuleFilters filters = RouteFilters.decode(draft, rule, Level.HTTP_RULE);
    List<Backend> backends = backends(draft, rule);
    if (filters.redirect() != null) {
      Place refs = rule.get("backendRefs");
      if (refs != null && !backends.isEmpty()) {
        refs.wrong("nothing beside a RequestRedirect, which answers by itself");
      }
    } else {
      warnOfNoShare(at, backends);
    }
    prefixMatched(rule, matches, filters);
    Timeouts timeouts = timeouts(rule);
    return new Rule(
        name,
        matches,
        backends,
        filters,
        timeouts.request,
        timeouts.backendRequest,
        RetryDocuments.decode(rule.get("retry"), draft.report().lenient()));
  }

  static String name(Obj rule, Set<String> names) {
    Place at = rule.get("name");
    String name = at == null ? null : at.string();
    if (at == null || name == null) {
      return "";
    }
    if (!Syntax.isDnsName(name)) {
      at.wrong("a DNS name in lower case");
    }
    at.unique(names, name);
    return name;
  }

  static void warnOfNoShare(Place rule, List<Backend> backends) {
    if (backends.stream().mapToLong(Backend::weight).sum() == 0) {
      rule.warn("has no backend with a weight above 0: its requests are answered with 500");
    }
  }

  /** What takes the place of a prefix has to know which one was matched. */
  private static void prefixMatched(Obj rule, List<MatchConfig> matches, RuleFilters filters) {
    boolean one = matches.size() == 1 && matches.getFirst().pathKind() == PathKind.PREFIX;
    var redirect = filters.redirect();
    var rewrite = filters.rewrite();
    Place at = rule.get("filters");
    if (!one
        && at != null
        && (replacesPrefix(redirect == null ? null : redirect.path())
            || replacesPrefix(rewrite == null ? null : rewrite.path()))) {
      at.wrong("no ReplacePrefixMatch, unless the rule has exactly one match, a PathPrefix");
    }
  }

  private static boolean replacesPrefix(@Nullable PathRewriteConfig path) {
    return path != null && path.prefix();
  }

  private record Timeouts(@Nullable Duration request, @Nullable Duration backendRequest) {}

  private static Timeouts timeouts(Obj rule) {
    Place at = rule.get("timeouts");
    if (at == null) {
      return new Timeouts(null, null);
    }
    Obj timeouts = Obj.of(at, TIMEOUTS);
    Duration request = timeouts.duration("request", Duration.ZERO);
    Duration backend = timeouts.duration("backendRequest", Duration.ZERO);
    Place backendAt = timeouts.get("backendRequest");
    notLonger(backendAt, backend, "request", request);
    return new Timeouts(request, backend);
  }

  /** Reports a time of a part that is longer than that of the whole. */
  static void notLonger(
      @Nullable Place partAt, @Nullable Duration part, String wholeName, @Nullable Duration whole) {
    if (partAt != null
        && part != null
        && whole != null
        && !whole.isZero()
        && part.compareTo(whole) > 0) {
      partAt.wrong("at most " + wholeName + ", " + GatewayDurations.text(whole));
    }
  }

  static List<Backend> backends(Draft draft, Obj rule) {
    var backends = new ArrayList<Backend>();
    for (Place item : rule.items("backendRefs", MAX_BACKENDS)) {
      Obj ref = Obj.of(item, BACKEND);
      int weight = ref.integer("weight", 0, Syntax.MAX_WEIGHT, 1);
      RuleFilters filters = RouteFilters.decode(draft, ref, Level.BACKEND);
      Target target = RouteReferences.target(draft, ref);
      if (target != null) {
        backends.add(
            new Backend(target, weight, filters.requestHeaders(), filters.responseHeaders()));
      }
    }
    return backends;
  }
}
