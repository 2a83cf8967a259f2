package dev.weft.controlplane.validate;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Backend;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.ServiceRef;
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
final class HttpRouteDocuments {
  private static final int MAX_PARENTS = 32;
  private static final int MAX_RULES = 16;
  private static final int MAX_MATCHES = 64;
  private static final int MAX_BACKENDS = 16;

  private static final Known SPEC =
      Known.of("parentRefs", "rules")
          .refusing("hostnames", "requests are matched by the names of the parent Service")
          .refusing("useDefaultGateways", "name the parent Service in parentRefs");

  private static final Known PARENT =
      Known.of("group", "kind", "name", "namespace", "port")
          .refusing("sectionName", "name the port by its number, with port");

  private static final Known RULE =
      Known.of("name", "matches", "filters", "backendRefs", "timeouts")
          .refusing("retry", "attach a TrafficPolicy with retry to this HTTPRoute")
          .refusing("sessionPersistence", "requests are balanced one by one");

  private static final Known TIMEOUTS = Known.of("request", "backendRequest");

  private static final Known BACKEND =
      Known.of("group", "kind", "name", "namespace", "port", "weight", "filters");

  private HttpRouteDocuments() {}

  static HttpRoute decode(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    var parents = new ArrayList<ServiceRef>();
    Place parentRefs = spec.require("parentRefs", "at least one parent Service");
    Set<String> seen = Place.seen();
    for (Place item : parentRefs == null ? List.<Place>of() : parentRefs.items(1, MAX_PARENTS)) {
      ServiceRef parent = parent(draft, item);
      if (parent != null && item.unique(seen, parent.toString())) {
        parents.add(parent);
      }
    }
    var rules = new ArrayList<Rule>();
    Place ruleList = spec.require("rules", "at least one rule");
    Set<String> names = Place.seen();
    for (Place item : ruleList == null ? List.<Place>of() : ruleList.items(1, MAX_RULES)) {
      rules.add(rule(draft, item, names));
    }
    return new HttpRoute(meta, parents, rules);
  }

  private static @Nullable ServiceRef parent(Draft draft, Place at) {
    Obj ref = Obj.of(at, PARENT);
    // Gateway API's own default for an absent group and kind is a Gateway.
    Place kind = ref.require("kind", "\"Service\" (absent, it means Gateway)");
    if (kind != null && kind.oneOf(List.of(Kinds.SERVICE)) != null) {
      Place group = ref.require("group", "\"\" (absent, it means " + Kinds.GATEWAY_GROUP + ")");
      coreGroup(group);
    }
    Place namespace = ref.get("namespace");
    String named = namespace == null ? draft.namespace() : namespace.string();
    if (namespace != null && named != null && !named.equals(draft.namespace())) {
      namespace.wrong(
          "the route's own namespace, \"" + draft.namespace() + "\"",
          " (routes for services of another namespace are not supported yet)");
    }
    Place nameAt = ref.require("name", "the parent Service's name");
    String name = nameAt == null ? null : serviceName(nameAt);
    Place portAt = ref.get("port");
    Integer port = portAt == null ? null : portAt.integer(1, 65_535);
    if (nameAt == null || name == null) {
      return null;
    }
    int number = port == null ? 0 : port;
    draft.refer(Kinds.SERVICE, name, nameAt, number, portAt, false);
    return new ServiceRef(draft.namespace(), name, number);
  }

  private static Rule rule(Draft draft, Place at, Set<String> names) {
    Obj rule = Obj.of(at, RULE);
    Place nameAt = rule.get("name");
    String name = nameAt == null ? null : nameAt.string();
    if (nameAt != null && name != null) {
      if (!Syntax.isDnsName(name)) {
        nameAt.wrong("a DNS name in lower case");
      }
      nameAt.unique(names, name);
    }
    var matches = new ArrayList<MatchConfig>();
    for (Place match : rule.items("matches", MAX_MATCHES)) {
      matches.add(RouteMatches.decode(match));
    }
    if (matches.isEmpty()) {
      matches.add(MatchConfig.ANY);
    }
    RouteFilters filters = RouteFilters.decode(rule, true);
    var backends = new ArrayList<Backend>();
    for (Place backend : rule.items("backendRefs", MAX_BACKENDS)) {
      Backend decoded = backend(draft, backend);
      if (decoded != null) {
        backends.add(decoded);
      }
    }
    if (backends.stream().mapToLong(Backend::weight).sum() == 0) {
      at.warn("has no backend with a weight above 0: its requests are answered with 500");
    }
    Timeouts timeouts = timeouts(rule);
    return new Rule(
        matches,
        backends,
        filters.request(),
        filters.response(),
        timeouts.request,
        timeouts.backendRequest,
        filters.cors());
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

  private static @Nullable Backend backend(Draft draft, Place at) {
    Obj ref = Obj.of(at, BACKEND);
    Place kind = ref.get("kind");
    if (kind != null) {
      kind.oneOf(List.of(Kinds.SERVICE));
    }
    coreGroup(ref.get("group"));
    Place namespace = ref.get("namespace");
    String named = namespace == null ? draft.namespace() : namespace.string();
    if (namespace != null && named != null && !named.equals(draft.namespace())) {
      namespace.wrong(
          "the route's own namespace, \"" + draft.namespace() + "\"",
          " (another one needs a ReferenceGrant, which is not supported yet)");
    }
    int weight = ref.integer("weight", 0, Syntax.MAX_WEIGHT, 1);
    RouteFilters filters = RouteFilters.decode(ref, false);
    Place nameAt = ref.require("name", "a Service's name");
    String name = nameAt == null ? null : serviceName(nameAt);
    Place portAt = ref.require("port", "the Service's port");
    Integer port = portAt == null ? null : portAt.integer(1, 65_535);
    if (nameAt == null || name == null || port == null) {
      return null;
    }
    draft.refer(Kinds.SERVICE, name, nameAt, port, portAt, false);
    HeaderChange change = filters.request();
    return new Backend(new ServiceRef(draft.namespace(), name, port), weight, change);
  }

  static void coreGroup(@Nullable Place group) {
    String text = group == null ? null : group.string();
    if (group != null && text != null && !text.isEmpty()) {
      group.wrong("\"\", the group of Service");
    }
  }

  static @Nullable String serviceName(Place at) {
    String name = at.string();
    if (name != null && !Syntax.isDnsLabel(name)) {
      at.wrong("a Service's name, a DNS label");
      return null;
    }
    return name;
  }
}
