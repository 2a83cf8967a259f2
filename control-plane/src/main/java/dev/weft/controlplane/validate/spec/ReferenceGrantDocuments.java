package dev.weft.controlplane.validate.spec;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.ReferenceGrant.From;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The spec of a Gateway API {@code ReferenceGrant}. What it says of other kinds than routes and
 * services is good, and means nothing here.
 */
public final class ReferenceGrantDocuments {
  private static final int MAX_ITEMS = 16;

  private static final Known SPEC = Known.of("from", "to");
  private static final Known FROM = Known.of("group", "kind", "namespace");
  private static final Known TO = Known.of("group", "kind", "name");

  private ReferenceGrantDocuments() {}

  public static ReferenceGrant decode(Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    var from = new ArrayList<From>();
    Place fromAt = spec.require("from", "at least one kind of routes in a namespace");
    for (Place item : fromAt == null ? List.<Place>of() : fromAt.items(1, MAX_ITEMS)) {
      Obj one = Obj.of(item, FROM);
      String group = text(one, "group", Kinds.GATEWAY_GROUP);
      String kind = text(one, "kind", "e.g. HTTPRoute");
      Place namespaceAt = one.require("namespace", "the routes' namespace");
      String namespace = namespaceAt == null ? null : namespaceAt.string();
      if (namespaceAt != null && namespace != null && !Syntax.isDnsLabel(namespace)) {
        namespaceAt.wrong("a namespace, a DNS label");
      }
      if (kind != null && namespace != null && Kinds.GATEWAY_GROUP.equals(group)) {
        from.add(new From(kind, namespace));
      }
    }
    boolean all = false;
    var services = new ArrayList<String>();
    Place toAt = spec.require("to", "at least one kind, e.g. Service");
    for (Place item : toAt == null ? List.<Place>of() : toAt.items(1, MAX_ITEMS)) {
      Obj one = Obj.of(item, TO);
      String group = text(one, "group", "\"\", the group of Service");
      String kind = text(one, "kind", "e.g. Service");
      Place nameAt = one.get("name");
      String name = nameAt == null ? "" : nameAt.string();
      if (name == null || !"".equals(group) || !Kinds.SERVICE.equals(kind)) {
        continue;
      }
      if (name.isEmpty()) {
        all = true;
      } else {
        services.add(name);
      }
    }
    return new ReferenceGrant(meta, from, all, services);
  }

  private static @Nullable String text(Obj of, String field, String expected) {
    Place at = of.require(field, expected);
    return at == null ? null : at.string();
  }
}
