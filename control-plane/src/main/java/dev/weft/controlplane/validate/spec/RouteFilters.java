package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.RuleFilters.Mirror;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The filters of a rule or backend. */
final class RouteFilters {
  private static final int MAX_FILTERS = 16;
  private static final int MAX_CHANGES = 16;
  private static final String REQUEST = "RequestHeaderModifier";
  private static final String RESPONSE = "ResponseHeaderModifier";
  private static final String REDIRECT = "RequestRedirect";
  private static final String REWRITE = "URLRewrite";
  private static final String MIRROR = "RequestMirror";
  private static final String CORS = "CORS";
  private static final Set<String> OTHERS = Set.of("ExtensionRef", "ExternalAuth");

  /** The field in which each type says what it does. */
  private static final Map<String, String> FIELDS = fields();

  private static final Known FILTER =
      Known.of(
              "type",
              "requestHeaderModifier",
              "responseHeaderModifier",
              "requestRedirect",
              "urlRewrite",
              "requestMirror",
              "cors")
          .ignoring(
              // Their type is refused; naming the same thing twice helps nobody.
              "extensionRef", "externalAuth");

  private static final Known CHANGE = Known.of("set", "add", "remove");
  private static final Known HEADER = Known.of("name", "value");

  /** What may stand where. */
  enum Level {
    HTTP_RULE,
    GRPC_RULE,
    BACKEND;

    private List<String> types() {
      return switch (this) {
        case HTTP_RULE -> List.of(REQUEST, RESPONSE, REDIRECT, REWRITE, MIRROR, CORS);
        case GRPC_RULE -> List.of(REQUEST, RESPONSE, MIRROR);
        case BACKEND -> List.of(REQUEST, RESPONSE);
      };
    }
  }

  private HeaderChange request = HeaderChange.NONE;
  private HeaderChange response = HeaderChange.NONE;
  private @Nullable RedirectConfig redirect;
  private @Nullable RewriteConfig rewrite;
  private @Nullable CorsConfig cors;
  private final List<Mirror> mirrors = new ArrayList<>();
  private final Draft draft;

  private RouteFilters(Draft draft) {
    this.draft = draft;
  }

  /** Decodes {@code filters}. */
  static RuleFilters decode(Draft draft, Obj of, Level level) {
    var filters = new RouteFilters(draft);
    Set<String> seen = Place.seen();
    for (Place item : of.items("filters", MAX_FILTERS)) {
      filters.filter(Obj.of(item, FILTER), level.types(), seen);
    }
    Place at = of.get("filters");
    if (at != null && filters.redirect != null && filters.rewrite != null) {
      at.wrong("RequestRedirect or URLRewrite, not both");
    }
    return new RuleFilters(
        filters.request,
        filters.response,
        filters.cors,
        filters.redirect,
        filters.rewrite,
        filters.mirrors);
  }

  private void filter(Obj filter, List<String> types, Set<String> seen) {
    Place typeAt = filter.require("type", Place.list(types));
    String type = typeAt == null ? null : type(typeAt, types);
    boolean again = MIRROR.equals(type);
    if (typeAt == null || type == null || (!again && !typeAt.unique(seen, type))) {
      return;
    }
    for (Map.Entry<String, String> other : FIELDS.entrySet()) {
      Place unexpected = other.getKey().equals(type) ? null : filter.get(other.getValue());
      if (unexpected != null) {
        unexpected.wrong("nothing, as the type is " + type);
      }
    }
    Place what = filter.require(Objects.requireNonNull(FIELDS.get(type)), content(type));
    if (what == null) {
      return;
    }
    switch (type) {
      case REQUEST -> request = change(what);
      case RESPONSE -> response = change(what);
      case REDIRECT -> redirect = UrlDocuments.redirect(what);
      case REWRITE -> rewrite = UrlDocuments.rewrite(what);
      case MIRROR -> {
        Mirror mirror = MirrorDocuments.decode(draft, what);
        if (mirror != null) {
          mirrors.add(mirror);
        }
      }
      default -> cors = CorsDocuments.decode(what);
    }
  }

  private static Map<String, String> fields() {
    var fields = new LinkedHashMap<String, String>();
    fields.put(REQUEST, "requestHeaderModifier");
    fields.put(RESPONSE, "responseHeaderModifier");
    fields.put(REDIRECT, "requestRedirect");
    fields.put(REWRITE, "urlRewrite");
    fields.put(MIRROR, "requestMirror");
    fields.put(CORS, "cors");
    return Collections.unmodifiableMap(fields);
  }

  private static String content(String type) {
    return switch (type) {
      case REQUEST, RESPONSE -> "set, add or remove";
      case REDIRECT -> "scheme, hostname, path, port or statusCode";
      case REWRITE -> "hostname or path";
      case MIRROR -> "a backendRef, and percent or fraction";
      default -> "a policy with allowOrigins";
    };
  }

  private static @Nullable String type(Place at, List<String> types) {
    String type = at.string();
    if (type == null || types.contains(type)) {
      return type;
    }
    if (OTHERS.contains(type) || FIELDS.containsKey(type)) {
      at.wrong(Place.list(types), " (" + type + " is not supported here yet)");
    } else {
      at.oneOf(types);
    }
    return null;
  }

  private static HeaderChange change(Place at) {
    Obj change = Obj.of(at, CHANGE);
    // A name in two of the lists would leave the outcome to the order of application.
    Set<String> names = Place.seen();
    var remove = new ArrayList<String>();
    List<HeaderChange.Header> set = headers(change, "set", names);
    List<HeaderChange.Header> add = headers(change, "add", names);
    for (Place item : change.items("remove", MAX_CHANGES)) {
      String name = name(item, names);
      if (name != null) {
        remove.add(name);
      }
    }
    return new HeaderChange(set, add, remove);
  }

  private static List<HeaderChange.Header> headers(Obj change, String field, Set<String> names) {
    var headers = new ArrayList<HeaderChange.Header>();
    for (Place item : change.items(field, MAX_CHANGES)) {
      Obj header = Obj.of(item, HEADER);
      Place nameAt = header.require("name", "a header's name");
      String name = nameAt == null ? null : name(nameAt, names);
      Place valueAt = header.require("value", "the header's value");
      String value = valueAt == null ? null : valueAt.string();
      if (valueAt != null && value != null && !Syntax.isHeaderValue(value)) {
        valueAt.wrong("printable ASCII without blanks around it");
      } else if (name != null && value != null) {
        headers.add(new HeaderChange.Header(name, value));
      }
    }
    return headers;
  }

  private static @Nullable String name(Place at, Set<String> names) {
    String written = at.string();
    if (written == null) {
      return null;
    }
    String name = written.toLowerCase(Locale.ROOT);
    if (!Syntax.isLowerCaseToken(name)) {
      at.wrong("a header's name");
      return null;
    }
    if (!Syntax.isEditableHeader(name)) {
      at.wrong("a header that does not frame the message or belong to one hop");
      return null;
    }
    return at.unique(names, name) ? name : null;
  }
}
