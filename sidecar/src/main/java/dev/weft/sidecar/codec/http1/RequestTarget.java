package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Authorities;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.PathRules;
import dev.weft.sidecar.codec.Paths;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import java.nio.ByteBuffer;

/**
 * For whom a request is and what it asks for (RFC 9112, section 3.2): its target, which is a path,
 * {@code http://...} or {@code *}, and its Host. The path is brought into its one form where it
 * lies. One per parser.
 */
final class RequestTarget {
  private static final byte[] HTTP_SCHEME = Chars.ascii("http://");
  private static final byte[] OPTIONS = Chars.ascii("OPTIONS");

  private final PathRules paths;
  private final Refusal refusal;

  RequestTarget(PathRules paths, Refusal refusal) {
    this.paths = paths;
    this.refusal = refusal;
  }

  /** Takes the target in [start, end) of a request whose lines are known; false: it is refused. */
  boolean take(ByteBuffer slab, int start, int end, ReceivedHead head) {
    HeadView.Filler filler = head.filler;
    HeadView view = head.view;
    int host = view.find(WellKnown.HOST);
    if (view.isRepeated(WellKnown.HOST)) {
      return refusal.refused(Failure.BAD_REQUEST, "Host stands twice");
    }
    if (host == HeadView.NONE && view.minorVersion() > 0) {
      return refusal.refused(Failure.BAD_REQUEST, "Host is missing");
    }
    if (host != HeadView.NONE) {
      filler.authority(view.valueStart(host), view.valueEnd(host));
      if (!Authorities.isValid(slab, view.valueStart(host), view.valueEnd(host))) {
        return refusal.refused(Failure.BAD_REQUEST, "Host is not a host with an optional port");
      }
    }
    int path = start;
    if (slab.get(start) != '/') {
      if (slab.get(start) == '*' && end == start + 1 && view.methodIs(OPTIONS)) {
        filler.path(start, end);
        filler.query(end, end);
        return true;
      }
      head.absoluteForm = true;
      // A proxy keeps no connection of HTTP/1.0 (RFC 9112, section 9.3).
      head.close |= view.minorVersion() == 0;
      path = absoluteForm(slab, start, end, filler);
      if (path < 0) {
        return refusal.refused(
            Failure.BAD_REQUEST, "the request target is neither a path nor http://...");
      }
    }
    int query = path;
    while (query < end && slab.get(query) != '?') {
      query++;
    }
    if (path == query) {
      // http://host or http://host?query: the path is "/", for which the scheme's second slash
      // stands; for OPTIONS without a query it is "*" (RFC 9112, section 3.2.4).
      filler.path(start + 6, start + 7);
      slab.put(start + 6, (byte) (query == end && view.methodIs(OPTIONS) ? '*' : '/'));
    } else {
      int pathEnd = Paths.normalise(slab, path, query, paths);
      if (pathEnd < 0) {
        return refusal.refused(Failure.BAD_REQUEST, Paths.problem(pathEnd));
      }
      filler.path(path, pathEnd);
    }
    filler.query(Math.min(query + 1, end), end);
    return true;
  }

  private static int absoluteForm(ByteBuffer slab, int start, int end, HeadView.Filler filler) {
    int authority = start + HTTP_SCHEME.length;
    if (end <= authority || !Ascii.equalsIgnoreCase(slab, start, authority, HTTP_SCHEME)) {
      return -1;
    }
    int i = authority;
    while (i < end && slab.get(i) != '/' && slab.get(i) != '?') {
      i++;
    }
    if (!Authorities.isValid(slab, authority, i)) {
      return -1;
    }
    filler.authority(authority, i);
    return i;
  }
}
