package dev.weft.controlplane.validate;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.HeaderChange;
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

/**
 * The filters of a rule or backend: what they change in the headers of requests and responses, and
 * which pages of other origins may call.
 */
record RouteFilters(HeaderChange request, HeaderChange response, @Nullable CorsConfig cors) {
  private static final int MAX_FILTERS = 16;
  private static final int MAX_CHANGES = 16;
  private static final String REQUEST = "RequestHeaderModifier";
  private static final String RESPONSE = "ResponseHeaderModifier";
  private static final String CORS = "CORS";
  private static final Set<String> OTHERS =
      Set.of("RequestMirror", "RequestRedirect", "URLRewrite", "ExtensionRef", "ExternalAuth");

  /** The field in which each type says what it does. */
  private static final Map<String, String> FIELDS = fields();

  private static final Known FILTER =
      Known.of("type", "requestHeaderModifier", "responseHeaderModifier", "cors")
          .ignoring(
              // Their type is refused; naming the same thing twice helps nobody.
              "requestMirror", "requestRedirect", "urlRewrite", "extensionRef", "externalAuth");

  private static final Known CHANGE = Known.of("set", "add", "remove");
  private static final Known HEADER = Known.of("name", "value");

  /** Decodes {@code filters}; a backend takes changes of requests only. */
  static RouteFilters decode(Obj of, boolean ofRule) {
    List<String> types = ofRule ? List.copyOf(FIELDS.keySet()) : List.of(REQUEST);
    HeaderChange request = HeaderChange.NONE;
    HeaderChange response = HeaderChange.NONE;
    CorsConfig cors = null;
    Set<String> seen = Place.seen();
    for (Place item : of.items("filters", MAX_FILTERS)) {
      Obj filter = Obj.of(item, FILTER);
      Place typeAt = filter.require("type", Place.list(types));
      String type = typeAt == null ? null : type(typeAt, types);
      if (typeAt == null || type == null || !typeAt.unique(seen, type)) {
        continue;
      }
      for (Map.Entry<String, String> other : FIELDS.entrySet()) {
        Place unexpected = other.getKey().equals(type) ? null : filter.get(other.getValue());
        if (unexpected != null) {
          unexpected.wrong("nothing, as the type is " + type);
        }
      }
      boolean isCors = type.equals(CORS);
      Place what =
          filter.require(
              Objects.requireNonNull(FIELDS.get(type)),
              isCors ? "a policy with allowOrigins" : "set, add or remove");
      if (what == null) {
        continue;
      }
      switch (type) {
        case REQUEST -> request = change(what);
        case RESPONSE -> response = change(what);
        default -> cors = CorsDocuments.decode(what);
      }
    }
    return new RouteFilters(request, response, cors);
  }

  private static Map<String, String> fields() {
    var fields = new LinkedHashMap<String, String>();
    fields.put(REQUEST, "requestHeaderModifier");
    fields.put(RESPONSE, "responseHeaderModifier");
    fields.put(CORS, "cors");
    return Collections.unmodifiableMap(fields);
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
