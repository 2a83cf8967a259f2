package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A match of an HTTPRoute's rule: path, method, headers, query parameters. */
final class RouteMatches {
  private static final int MAX_CONDITIONS = 16;

  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  private static final List<String> PATH_TYPES =
      List.of("Exact", "PathPrefix", "RegularExpression");
  static final List<String> VALUE_TYPES = List.of("Exact", "RegularExpression");

  private static final Known MATCH = Known.of("path", "method", "headers", "queryParams");
  private static final Known PATH = Known.of("type", "value");
  private static final Known VALUE = Known.of("type", "name", "value");

  private RouteMatches() {}

  static MatchConfig decode(Place at) {
    Obj match = Obj.of(at, MATCH);
    Place methodAt = match.get("method");
    String method = methodAt == null ? null : methodAt.oneOf(METHODS);
    MatchConfig path = path(match.get("path"));
    return new MatchConfig(
        path.pathKind(),
        path.path(),
        method == null ? "" : method,
        headers(match),
        values(match, "queryParams", false));
  }

  private static MatchConfig path(@Nullable Place at) {
    if (at == null) {
      return MatchConfig.ANY;
    }
    Obj path = Obj.of(at, PATH);
    String type = type(path, PATH_TYPES, "PathPrefix");
    Place valueAt = path.get("value");
    String value = valueAt == null ? "/" : valueAt.string();
    if (type == null || value == null) {
      return MatchConfig.ANY;
    }
    if (type.equals("RegularExpression")) {
      check(valueAt, Syntax.regexError(value));
      return new MatchConfig(PathKind.REGEX, value, "", List.of(), List.of());
    }
    check(valueAt, Syntax.pathError(value));
    if (type.equals("Exact")) {
      return new MatchConfig(PathKind.EXACT, value, "", List.of(), List.of());
    }
    // "/a/" and "/a" are the same prefix: it is compared by elements.
    String prefix =
        value.length() > 1 && value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
    return new MatchConfig(PathKind.PREFIX, prefix, "", List.of(), List.of());
  }

  static List<ValueMatch> headers(Obj match) {
    return values(match, "headers", true);
  }

  static @Nullable String type(Obj obj, List<String> types, String absent) {
    Place at = obj.get("type");
    return at == null ? absent : at.oneOf(types);
  }

  private static void check(@Nullable Place at, @Nullable String error) {
    if (at != null && error != null) {
      at.wrong(error);
    }
  }

  private static List<ValueMatch> values(Obj match, String field, boolean headers) {
    var values = new ArrayList<ValueMatch>();
    Set<String> names = Place.seen();
    for (Place item : match.items(field, MAX_CONDITIONS)) {
      Obj condition = Obj.of(item, VALUE);
      String type = type(condition, VALUE_TYPES, "Exact");
      Place nameAt = condition.require("name", headers ? "a header's name" : "a parameter's name");
      String name = nameAt == null ? null : name(nameAt, headers, names);
      Place valueAt = condition.require("value", "the value to match");
      String value = valueAt == null ? null : valueAt.string();
      if (type == null || name == null || valueAt == null || value == null) {
        continue;
      }
      boolean regex = type.equals("RegularExpression");
      if (regex) {
        check(valueAt, Syntax.regexError(value));
      } else if (headers && !Syntax.isHeaderValue(value)) {
        valueAt.wrong("printable ASCII without blanks around it");
      } else if (!headers && (value.length() > 1024 || hasControls(value))) {
        valueAt.wrong("at most 1024 characters, none of them a control character");
      }
      values.add(new ValueMatch(name, value, regex));
    }
    return values;
  }

  private static @Nullable String name(Place at, boolean header, Set<String> names) {
    String written = at.string();
    if (written == null) {
      return null;
    }
    String name = header ? written.toLowerCase(Locale.ROOT) : written;
    boolean valid =
        header
            ? Syntax.isLowerCaseToken(name)
            : !name.isEmpty() && name.length() <= Syntax.MAX_NAME && !hasControls(name);
    if (!valid) {
      at.wrong(header ? "a header's name" : "a query parameter's name");
      return null;
    }
    return at.unique(names, name) ? name : null;
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(c -> c < 0x20 || c == 0x7f);
  }
}
