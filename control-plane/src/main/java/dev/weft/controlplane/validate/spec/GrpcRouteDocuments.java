package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Backend;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.spec.RouteFilters.Level;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The spec of a Gateway API {@code GRPCRoute} whose parents are services, in an HTTPRoute's terms:
 * a call of {@code Method} of {@code pkg.Service} is a request of {@code /pkg.Service/Method}.
 */
public final class GrpcRouteDocuments {
  private static final Pattern SERVICE =
      Pattern.compile("[.]?[a-zA-Z_][a-zA-Z_0-9]*([.][a-zA-Z_][a-zA-Z_0-9]*)*");
  private static final Pattern METHOD = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*");

  /** A service or method of any name. */
  private static final String ANY_NAME = "[^/]+";

  private static final Known RULE =
      Known.of("name", "matches", "filters", "backendRefs")
          .refusing("sessionPersistence", "calls are balanced one by one");

  private static final Known MATCH = Known.of("method", "headers");
  private static final Known METHOD_MATCH = Known.of("type", "service", "method");

  private GrpcRouteDocuments() {}

  public static HttpRoute decode(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, HttpRouteDocuments.SPEC);
    List<ServiceRef> parents = RouteReferences.parents(draft, spec);
    HttpRouteDocuments.hostnames(draft, spec);
    var rules = new ArrayList<Rule>();
    Place list = spec.require("rules", "at least one rule");
    Set<String> names = Place.seen();
    int most = HttpRouteDocuments.MAX_RULES;
    for (Place item : list == null ? List.<Place>of() : list.items(1, most)) {
      rules.add(rule(draft, item, names));
    }
    HttpRouteDocuments.countMatches(list, rules);
    return new HttpRoute(meta, HttpRoute.Kind.GRPC, parents, rules);
  }

  private static Rule rule(Draft draft, Place at, Set<String> names) {
    Obj rule = Obj.of(at, RULE);
    String name = HttpRouteDocuments.name(rule, names);
    var matches = new ArrayList<MatchConfig>();
    for (Place match : rule.items("matches", HttpRouteDocuments.MAX_MATCHES)) {
      matches.add(match(Obj.of(match, MATCH)));
    }
    if (matches.isEmpty()) {
      matches.add(MatchConfig.ANY);
    }
    RuleFilters filters = RouteFilters.decode(draft, rule, Level.GRPC_RULE);
    List<Backend> backends = HttpRouteDocuments.backends(draft, rule);
    HttpRouteDocuments.warnOfNoShare(at, backends);
    return new Rule(name, matches, backends, filters, null, null, null);
  }

  private static MatchConfig match(Obj match) {
    MatchConfig path = path(match.get("method"));
    return new MatchConfig(
        path.pathKind(), path.path(), "", RouteMatches.headers(match), List.of());
  }

  private static MatchConfig path(@Nullable Place at) {
    if (at == null) {
      return MatchConfig.ANY;
    }
    Obj match = Obj.of(at, METHOD_MATCH);
    String type = RouteMatches.type(match, RouteMatches.VALUE_TYPES, "Exact");
    String service = text(match, "service");
    String method = text(match, "method");
    if (type == null) {
      return MatchConfig.ANY;
    }
    if (service.isEmpty() && method.isEmpty()) {
      at.wrong("service or method, or both");
      return MatchConfig.ANY;
    }
    return type.equals("Exact") ? exact(match, service, method) : regex(match, service, method);
  }

  private static MatchConfig exact(Obj match, String service, String method) {
    check(match, "service", service, SERVICE, "a gRPC service, e.g. shop.v1.Catalog");
    check(match, "method", method, METHOD, "a method of a gRPC service, e.g. GetItem");
    if (service.isEmpty()) {
      return config(PathKind.REGEX, "/" + ANY_NAME + "/" + method);
    }
    return method.isEmpty()
        ? config(PathKind.PREFIX, "/" + service)
        : config(PathKind.EXACT, "/" + service + "/" + method);
  }

  private static MatchConfig regex(Obj match, String service, String method) {
    String pattern = "/" + part(match, "service", service) + "/" + part(match, "method", method);
    if (pattern.length() > Syntax.MAX_REGEX) {
      match.at().wrong("expressions of at most " + Syntax.MAX_REGEX + " characters together");
    }
    return config(PathKind.REGEX, pattern);
  }

  private static String part(Obj match, String field, String pattern) {
    Place at = match.get(field);
    String error = pattern.isEmpty() ? null : Syntax.regexError(pattern);
    if (at != null && error != null) {
      at.wrong(error);
    }
    return pattern.isEmpty() ? ANY_NAME : "(?:" + pattern + ")";
  }

  private static void check(
      Obj match, String field, String value, Pattern pattern, String expected) {
    Place at = match.get(field);
    if (at != null && !value.isEmpty() && !pattern.matcher(value).matches()) {
      at.wrong(expected);
    }
  }

  private static MatchConfig config(PathKind kind, String path) {
    return new MatchConfig(kind, path, "", List.of(), List.of());
  }

  private static String text(Obj match, String field) {
    Place at = match.get(field);
    String text = at == null ? null : at.string();
    return text == null ? "" : text;
  }
}
