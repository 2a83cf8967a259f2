package dev.weft.controlplane.validate.spec;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.Reference;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the routes of every kind refer to: the services of their parents, backends and mirrors. */
final class RouteReferences {
  private static final int MAX_PARENTS = 32;

  private static final Known PARENT =
      Known.of("group", "kind", "name", "namespace", "port", "sectionName");

  private RouteReferences() {}

  /**
   * The parents of a route. Where a server has accepted it, those that are no Service are not ours.
   */
  static List<ServiceRef> parents(Draft draft, Obj spec) {
    var parents = new ArrayList<ServiceRef>();
    Place at = spec.require("parentRefs", "at least one parent Service");
    Set<String> seen = Place.seen();
    for (Place item : at == null ? List.<Place>of() : at.items(1, MAX_PARENTS)) {
      ServiceRef parent = parent(draft, item);
      if (parent != null && item.unique(seen, parent.toString())) {
        parents.add(parent);
      }
    }
    return parents;
  }

  private static @Nullable ServiceRef parent(Draft draft, Place at) {
    Obj ref = Obj.of(at, PARENT);
    if (draft.report().lenient() && !isService(ref, Kinds.GATEWAY_GROUP, "Gateway")) {
      return null;
    }
    // Gateway API's own default for an absent group and kind is a Gateway.
    Place kind = ref.require("kind", "\"Service\" (absent, it means Gateway)");
    if (kind != null && kind.oneOf(List.of(Kinds.SERVICE)) != null) {
      Place group = ref.require("group", "\"\" (absent, it means " + Kinds.GATEWAY_GROUP + ")");
      coreGroup(group);
    }
    String namespace = namespace(draft, ref);
    Place nameAt = ref.require("name", "the parent Service's name");
    String name = nameAt == null ? null : serviceName(nameAt);
    Place portAt = ref.get("port");
    Integer port = portAt == null ? null : portAt.integer(1, 65_535);
    Place sectionAt = ref.get("sectionName");
    String section = sectionAt == null ? "" : sectionAt.string();
    if (nameAt == null || name == null || section == null) {
      return null;
    }
    var parent = new ServiceRef(namespace, name, port == null ? 0 : port, section);
    draft.refer(Reference.parent(parent, nameAt, portAt, sectionAt));
    return parent;
  }

  /** A backend or mirror, whose other fields the caller reads; null after an error. */
  static @Nullable Target target(Draft draft, Obj ref) {
    if (draft.report().lenient() && !isService(ref, "", Kinds.SERVICE)) {
      String group = text(ref, "group", "");
      String kind = text(ref, "kind", Kinds.SERVICE);
      return new Target(
          new ServiceRef(namespace(draft, ref), text(ref, "name", ""), 0),
          group.isEmpty() ? kind : group + "/" + kind);
    }
    Place kind = ref.get("kind");
    if (kind != null) {
      kind.oneOf(List.of(Kinds.SERVICE));
    }
    coreGroup(ref.get("group"));
    String namespace = namespace(draft, ref);
    Place nameAt = ref.require("name", "a Service's name");
    String name = nameAt == null ? null : serviceName(nameAt);
    Place portAt = ref.require("port", "the Service's port");
    Integer port = portAt == null ? null : portAt.integer(1, 65_535);
    if (nameAt == null || name == null || portAt == null || port == null) {
      return null;
    }
    var service = new ServiceRef(namespace, name, port);
    draft.refer(Reference.backend(service, nameAt, portAt));
    return Target.of(service);
  }

  private static String namespace(Draft draft, Obj ref) {
    Place at = ref.get("namespace");
    String named = at == null ? draft.namespace() : at.string();
    if (at != null && named != null && !Syntax.isDnsLabel(named)) {
      at.wrong("a namespace, a DNS label");
    }
    return named == null ? draft.namespace() : named;
  }

  private static boolean isService(Obj ref, String defaultGroup, String defaultKind) {
    return text(ref, "group", defaultGroup).isEmpty()
        && text(ref, "kind", defaultKind).equals(Kinds.SERVICE);
  }

  private static String text(Obj ref, String field, String absent) {
    Place at = ref.get(field);
    return at != null && at.node() instanceof Scalar scalar ? scalar.text() : absent;
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
