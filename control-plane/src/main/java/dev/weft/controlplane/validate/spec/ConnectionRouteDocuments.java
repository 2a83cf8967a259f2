package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Backend;
import dev.weft.controlplane.model.HttpRoute.Kind;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The specs of Gateway API's {@code TLSRoute} and {@code TCPRoute} whose parents are services:
 * where connections go that are passed on as bytes, of TLS by the name in their hello.
 */
public final class ConnectionRouteDocuments {
  private static final int MAX_BACKENDS = 16;
  private static final int MAX_HOSTNAMES = 1024;

  private static final Known TCP =
      Known.of("parentRefs", "rules")
          .refusing("useDefaultGateways", "name the parent Service in parentRefs");

  private static final Known TLS =
      Known.of("parentRefs", "hostnames", "rules")
          .refusing("useDefaultGateways", "name the parent Service in parentRefs");

  private static final Known RULE = Known.of("name", "backendRefs");
  private static final Known BACKEND =
      Known.of("group", "kind", "name", "namespace", "port", "weight");

  private ConnectionRouteDocuments() {}

  public static HttpRoute tcp(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, TCP);
    List<ServiceRef> parents = RouteReferences.parents(draft, spec);
    return new HttpRoute(meta, Kind.TCP, parents, rules(draft, spec, List.of(MatchConfig.ANY)));
  }

  public static HttpRoute tls(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, TLS);
    List<ServiceRef> parents = RouteReferences.parents(draft, spec);
    var names = new ArrayList<MatchConfig>();
    Place hostnames = spec.require("hostnames", "at least one name of a server");
    Set<String> seen = Place.seen();
    for (Place item : hostnames == null ? List.<Place>of() : hostnames.items(1, MAX_HOSTNAMES)) {
      String name = item.string();
      if (name != null && (!Syntax.isServerName(name) || Syntax.isIpAddress(name))) {
        item.wrong("a DNS name in lower case, whose first label may be \"*\"");
      } else if (name != null && item.unique(seen, name)) {
        names.add(MatchConfig.serverName(name));
      }
    }
    return new HttpRoute(meta, Kind.TLS, parents, rules(draft, spec, names));
  }

  private static List<Rule> rules(Draft draft, Obj spec, List<MatchConfig> matches) {
    var rules = new ArrayList<Rule>();
    Place list = spec.require("rules", "one rule");
    for (Place item : list == null ? List.<Place>of() : list.items(1, 1)) {
      Obj rule = Obj.of(item, RULE);
      String name = HttpRouteDocuments.name(rule, Place.seen());
      var backends = new ArrayList<Backend>();
      Place refs = rule.require("backendRefs", "at least one Service");
      for (Place ref : refs == null ? List.<Place>of() : refs.items(1, MAX_BACKENDS)) {
        Obj backend = Obj.of(ref, BACKEND);
        int weight = backend.integer("weight", 0, Syntax.MAX_WEIGHT, 1);
        Target target = RouteReferences.target(draft, backend);
        if (target != null) {
          backends.add(new Backend(target, weight, HeaderChange.NONE, HeaderChange.NONE));
        }
      }
      if (backends.stream().mapToLong(Backend::weight).sum() == 0) {
        item.warn("has no backend with a weight above 0: its connections are closed");
      }
      rules.add(new Rule(name, matches, backends, RuleFilters.NONE, null, null, null));
    }
    return rules;
  }
}
