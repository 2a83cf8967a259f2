package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/** A filter of type {@code CORS} (Gateway API, GEP-1767). */
final class CorsDocuments {
  private static final int MAX_ITEMS = 64;

  private static final Known CORS =
      Known.of(
          "allowOrigins",
          "allowCredentials",
          "allowMethods",
          "allowHeaders",
          "exposeHeaders",
          "maxAge");

  private CorsDocuments() {}

  static CorsConfig decode(Place at) {
    Obj cors = Obj.of(at, CORS);
    Place origins = cors.require("allowOrigins", "at least one origin, or \"*\"");
    Place credentialsAt = cors.get("allowCredentials");
    boolean credentials = credentialsAt != null && Boolean.TRUE.equals(credentialsAt.bool());
    List<String> exposed = names(cors, "exposeHeaders", true);
    Place exposedAt = cors.get("exposeHeaders");
    if (credentials && exposedAt != null && exposed.contains(CorsConfig.ANY)) {
      exposedAt.wrong("names: with allowCredentials, browsers take no \"*\"");
    }
    return new CorsConfig(
        origins == null ? List.of() : origins(origins),
        credentials,
        names(cors, "allowMethods", false),
        names(cors, "allowHeaders", true),
        exposed,
        cors.integer("maxAge", 1, Syntax.MAX_CORS_AGE_SECONDS, CorsConfig.DEFAULT_MAX_AGE_SECONDS));
  }

  private static List<String> origins(Place at) {
    var origins = new ArrayList<String>();
    Set<String> seen = Place.seen();
    for (Place item : at.items(1, MAX_ITEMS)) {
      String origin = item.string();
      if (origin != null && !Syntax.isCorsOrigin(origin)) {
        item.wrong("\"*\", or scheme://host[:port], whose host is \"*\" or may start with \"*.\"");
      } else if (origin != null && item.unique(seen, origin)) {
        origins.add(origin);
      }
    }
    return origins;
  }

  /** Header names in any case, or methods; or "*" alone. */
  private static List<String> names(Obj cors, String field, boolean headers) {
    Predicate<String> valid = headers ? Syntax::isLowerCaseToken : Syntax::isToken;
    var names = new ArrayList<String>();
    Set<String> seen = Place.seen();
    for (Place item : cors.items(field, MAX_ITEMS)) {
      String written = item.string();
      String name = written == null || !headers ? written : written.toLowerCase(Locale.ROOT);
      if (name == null) {
        continue;
      }
      if (!valid.test(name)) {
        item.wrong(headers ? "a header's name, or \"*\"" : "a method, or \"*\"");
      } else if (item.unique(seen, name)) {
        names.add(name);
      }
    }
    Place list = cors.get(field);
    if (list != null && names.size() > 1 && names.contains(CorsConfig.ANY)) {
      list.wrong("\"*\" alone, or names");
    }
    return names;
  }
}
