package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Fields that are lists of tokens (RFC 9110, section 5.6.1), for the cases that are rare enough to
 * be read as text. Empty members do not count.
 */
final class FieldLists {
  /**
   * What a caller must not have taken away on its way by naming it in {@code Connection}: it
   * addresses or frames the request, or says who sends it. For all of it, section 7.6.1 forbids to
   * name it.
   */
  private static final Set<String> END_TO_END =
      Set.of(
          "host",
          "content-length",
          "content-type",
          "expect",
          "date",
          "via",
          "max-forwards",
          "authorization",
          "cookie",
          "forwarded",
          "x-forwarded-for",
          "x-forwarded-proto",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-client-cert",
          "x-real-ip",
          "x-request-id",
          "traceparent",
          "tracestate",
          "baggage",
          "weft-hop");

  private FieldLists() {}

  /** Whether it is forbidden to name a field in {@code Connection}. */
  static boolean isEndToEnd(ByteBuffer slab, int start, int end) {
    String name = Ascii.string(slab, start, end).toLowerCase(Locale.ROOT);
    return END_TO_END.contains(name) || name.startsWith("x-envoy-");
  }

  /** Whether {@code TE} says that trailers are welcome, which is passed on, as trailers are. */
  static boolean acceptsTrailers(HeadView view) {
    return members(view, WellKnown.TE).contains("trailers");
  }

  /** The members of all lines of a well-known name, in lower case. */
  static List<String> members(HeadView view, int wellKnown) {
    var members = new ArrayList<String>(2);
    int first = view.find(wellKnown);
    for (int i = first; first != HeadView.NONE && i < view.headerCount(); i++) {
      if (view.wellKnown(i) == wellKnown) {
        for (String member : view.value(i).split(",", -1)) {
          String token = member.strip().toLowerCase(Locale.ROOT);
          if (!token.isEmpty()) {
            members.add(token);
          }
        }
      }
    }
    return members;
  }
}
