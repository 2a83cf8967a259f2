package dev.weft.controlplane.validate;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The filters of a rule or backend: what they change in the headers of requests and responses. */
record HeaderFilters(HeaderChange request, HeaderChange response) {
  private static final int MAX_FILTERS = 16;
  private static final int MAX_CHANGES = 16;
  private static final String REQUEST = "RequestHeaderModifier";
  private static final String RESPONSE = "ResponseHeaderModifier";
  private static final Set<String> OTHERS =
      Set.of(
          "RequestMirror", "RequestRedirect", "URLRewrite", "ExtensionRef", "CORS", "ExternalAuth");

  private static final Known FILTER =
      Known.of("type", "requestHeaderModifier", "responseHeaderModifier")
          .ignoring(
              // Their type is refused; naming the same thing twice helps nobody.
              "requestMirror",
              "requestRedirect",
              "urlRewrite",
              "extensionRef",
              "cors",
              "externalAuth");

  private static final Known CHANGE = Known.of("set", "add", "remove");
  private static final Known HEADER = Known.of("name", "value");

  /** Decodes {@code filters}; a backend takes changes of requests only. */
  static HeaderFilters decode(Obj of, boolean responses) {
    List<String> types = responses ? List.of(REQUEST, RESPONSE) : List.of(REQUEST);
    HeaderChange request = HeaderChange.NONE;
    HeaderChange response = HeaderChange.NONE;
    Set<String> seen = Place.seen();
    for (Place item : of.items("filters", MAX_FILTERS)) {
      Obj filter = Obj.of(item, FILTER);
      Place typeAt = filter.require("type", Place.list(types));
      String type = typeAt == null ? null : type(typeAt, types);
      if (typeAt == null || type == null || !typeAt.unique(seen, type)) {
        continue;
      }
      boolean ofRequest = type.equals(REQUEST);
      String field = ofRequest ? "requestHeaderModifier" : "responseHeaderModifier";
      String other = ofRequest ? "responseHeaderModifier" : "requestHeaderModifier";
      Place unexpected = filter.get(other);
      if (unexpected != null) {
        unexpected.wrong("nothing, as the type is " + type);
      }
      Place change = filter.require(field, "set, add or remove");
      if (change != null && ofRequest) {
        request = change(change);
      } else if (change != null) {
        response = change(change);
      }
    }
    return new HeaderFilters(request, response);
  }

  private static @Nullable String type(Place at, List<String> types) {
    String type = at.string();
    if (type == null || types.contains(type)) {
      return type;
    }
    if (OTHERS.contains(type) || type.equals(RESPONSE)) {
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
