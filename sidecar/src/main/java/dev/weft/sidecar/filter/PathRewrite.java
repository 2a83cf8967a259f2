package dev.weft.sidecar.filter;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.head.HeadView;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What takes the place of the first bytes of a path. Compiled once per route, immutable.
 *
 * @param replacement without a slash at its end; what remains of the path brings its own
 * @param replaced how many bytes, at most the whole path
 */
record PathRewrite(byte[] replacement, int replaced) {
  private static final int ALL = Integer.MAX_VALUE;

  /** Null when there is nothing to rewrite. */
  static @Nullable PathRewrite compile(@Nullable PathRewriteConfig config, MatchConfig match) {
    if (config == null) {
      return null;
    }
    String value = config.value();
    if (!config.prefix()) {
      return new PathRewrite(ascii(value), ALL);
    }
    // The prefix "/" is every path, whose first slash stays.
    boolean any = match.pathKind() != PathKind.PREFIX || match.path().equals("/");
    return new PathRewrite(
        ascii(value.endsWith("/") ? value.substring(0, value.length() - 1) : value),
        any ? 0 : match.path().length());
  }

  /** Whether the request has a path; OPTIONS may ask about the server as a whole, by "*". */
  static boolean isPath(HeadView request) {
    int start = request.pathStart();
    return start == request.pathEnd() || request.slab().get(start) == '/';
  }

  /** The new path, for those whose requests end here. */
  String apply(String path) {
    String after =
        new String(replacement, StandardCharsets.US_ASCII)
            + path.substring(Math.min(replaced, path.length()));
    return after.isEmpty() ? "/" : after;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
