package dev.weft.sidecar.filter;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.HeadPlan;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Sends callers elsewhere (Gateway API's {@code RequestRedirect}, with its rules for the port). The
 * query is kept. Immutable.
 */
public final class RedirectFilter implements Filter {
  private static final byte[] LOCATION = "location".getBytes(StandardCharsets.US_ASCII);

  /** What our own application speaks with us, and so the scheme that it has used. */
  private static final String SCHEME = "http";

  private final RedirectConfig config;
  private final @Nullable PathRewrite path;
  private final HeadEdits edits;

  /**
   * @param match of the route, whose prefix may be replaced
   * @param edits what the route changes in responses
   */
  public RedirectFilter(RedirectConfig config, MatchConfig match, HeadEdits edits) {
    this.config = config;
    this.path = PathRewrite.compile(config.path(), match);
    this.edits = edits;
  }

  @Override
  public Decision onRequest(HeadView request, Answer answer) {
    HeadPlan plan = answer.begin(config.status());
    plan.line(LOCATION, location(request).getBytes(StandardCharsets.ISO_8859_1));
    plan.apply(edits);
    return Decision.ANSWER;
  }

  @Override
  public void onResponse(HeadView request, HeadPlan response) {
    // Its answer is whole.
  }

  private String location(HeadView request) {
    String authority = request.authority();
    int colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
    String host = colon < 0 ? authority : authority.substring(0, colon);
    String scheme = config.scheme().isEmpty() ? SCHEME : config.scheme();
    String port = "";
    if (config.port() != 0) {
      port = Integer.toString(config.port());
    } else if (config.scheme().isEmpty() && colon >= 0) {
      port = authority.substring(colon + 1);
    }
    var location = new StringBuilder(128).append(scheme).append("://");
    location.append(config.hostname().isEmpty() ? host : config.hostname());
    if (!port.isEmpty() && !port.equals(scheme.equals(SCHEME) ? "80" : "443")) {
      location.append(':').append(port);
    }
    String from = PathRewrite.isPath(request) ? request.path() : "/";
    location.append(path == null ? (from.isEmpty() ? "/" : from) : path.apply(from));
    if (request.queryEnd() > request.queryStart()) {
      location.append('?');
      location.append(Ascii.string(request.slab(), request.queryStart(), request.queryEnd()));
    }
    return location.toString();
  }
}
