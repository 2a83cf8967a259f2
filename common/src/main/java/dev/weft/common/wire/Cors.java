package dev.weft.common.wire;

import dev.weft.common.config.CorsConfig;
import dev.weft.proto.discovery.v1.CorsPolicy;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Policies about pages of other origins. */
final class Cors {
  private static final int MAX_ITEMS = 64;

  private Cors() {}

  static CorsConfig decode(At at, CorsPolicy cors) throws WireException {
    List<String> origins = cors.getAllowOriginsList();
    at.field("allow_origins").check(!origins.isEmpty(), "empty", "at least one");
    List<String> exposed = cors.getExposeHeadersList();
    at.field("expose_headers")
        .check(
            !cors.getAllowCredentials() || !exposed.contains(CorsConfig.ANY),
            CorsConfig.ANY,
            "names, as there are credentials");
    return new CorsConfig(
        items(at, "allow_origins", origins, Syntax::isCorsOrigin, "* or scheme://host[:port]"),
        cors.getAllowCredentials(),
        anyOr(at, "allow_methods", cors.getAllowMethodsList(), Syntax::isToken, "an HTTP method"),
        anyOr(
            at,
            "allow_headers",
            cors.getAllowHeadersList(),
            Syntax::isLowerCaseToken,
            "a header name in lower case"),
        anyOr(
            at, "expose_headers", exposed, Syntax::isLowerCaseToken, "a header name in lower case"),
        at.field("max_age_seconds").range(cors.getMaxAgeSeconds(), 0, Syntax.MAX_CORS_AGE_SECONDS));
  }

  private static List<String> anyOr(
      At at, String field, List<String> items, Predicate<String> valid, String expected)
      throws WireException {
    // "*" is a token too, but with another meaning.
    at.field(field)
        .check(
            items.size() == 1 || !items.contains(CorsConfig.ANY), items, "* alone, or without it");
    return items(at, field, items, valid, expected);
  }

  private static List<String> items(
      At at, String field, List<String> items, Predicate<String> valid, String expected)
      throws WireException {
    at.field(field).count(items, MAX_ITEMS);
    Set<String> seen = At.names();
    for (int i = 0; i < items.size(); i++) {
      At one = at.item(field, i);
      one.check(valid.test(items.get(i)), items.get(i), expected);
      one.unique(seen, items.get(i));
    }
    return items;
  }
}
