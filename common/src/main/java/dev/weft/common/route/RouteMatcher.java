package dev.weft.common.route;

import com.google.re2j.Pattern;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The conditions of one route over the bytes of a head: method, path, headers, query. */
final class RouteMatcher {
  private static final ValueMatcher[] NO_CONDITIONS = {};

  private final PathKind pathKind;

  /** For EXACT and PREFIX; empty: any path. */
  private final byte[] path;

  private final @Nullable Pattern pathPattern;

  /** Empty: any. */
  private final byte[] method;

  private final ValueMatcher[] headers;
  private final ValueMatcher[] query;

  /** Whether it is for connections of TLS, and no request. */
  private final boolean connections;

  RouteMatcher(MatchConfig match) {
    this.pathKind = match.pathKind();
    boolean regex = pathKind == PathKind.REGEX;
    boolean any = pathKind == PathKind.PREFIX && match.path().equals("/");
    this.path = regex || any ? new byte[0] : ascii(match.path());
    this.pathPattern = regex ? Pattern.compile(match.path()) : null;
    this.method = ascii(match.method());
    this.headers = matchers(match.headers());
    this.query = matchers(match.query());
    this.connections = !match.serverName().isEmpty();
  }

  boolean matches(HeadView head) {
    return !connections
        && (method.length == 0 || head.methodIs(method))
        && pathMatches(head)
        && (headers.length == 0 || headersMatch(head))
        && (query.length == 0 || queryMatches(head));
  }

  private boolean pathMatches(HeadView head) {
    ByteBuffer slab = head.slab();
    int start = head.pathStart();
    int end = head.pathEnd();
    return switch (pathKind) {
      case EXACT -> Ascii.equals(slab, start, end, path);
      case PREFIX ->
          path.length == 0
              || (Ascii.startsWith(slab, start, end, path)
                  && (end - start == path.length || slab.get(start + path.length) == '/'));
      case REGEX ->
          pathPattern != null && pathPattern.matcher(new SlabText(slab, start, end)).matches();
    };
  }

  private boolean headersMatch(HeadView head) {
    for (ValueMatcher header : headers) {
      if (!header.matchesHeader(head)) {
        return false;
      }
    }
    return true;
  }

  private boolean queryMatches(HeadView head) {
    for (ValueMatcher parameter : query) {
      if (!parameter.matchesQuery(head)) {
        return false;
      }
    }
    return true;
  }

  private static ValueMatcher[] matchers(List<ValueMatch> conditions) {
    if (conditions.isEmpty()) {
      return NO_CONDITIONS;
    }
    var matchers = new ValueMatcher[conditions.size()];
    for (int i = 0; i < matchers.length; i++) {
      matchers[i] = new ValueMatcher(conditions.get(i));
    }
    return matchers;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
