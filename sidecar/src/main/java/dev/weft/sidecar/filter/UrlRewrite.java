package dev.weft.sidecar.filter;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.HeadPlan;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Under which host and path a route's requests are sent on (Gateway API's {@code URLRewrite}).
 * Compiled once per route, immutable, shared by all workers.
 */
public final class UrlRewrite {
  private final byte @Nullable [] authority;
  private final @Nullable PathRewrite path;

  private UrlRewrite(byte @Nullable [] authority, @Nullable PathRewrite path) {
    this.authority = authority;
    this.path = path;
  }

  /** Null when there is nothing to rewrite. */
  public static @Nullable UrlRewrite compile(@Nullable RewriteConfig config, MatchConfig match) {
    if (config == null || (config.hostname().isEmpty() && config.path() == null)) {
      return null;
    }
    return new UrlRewrite(
        config.hostname().isEmpty() ? null : config.hostname().getBytes(StandardCharsets.US_ASCII),
        PathRewrite.compile(config.path(), match));
  }

  /** Tells one attempt's head. */
  public void plan(HeadView request, HeadPlan plan) {
    if (authority != null) {
      plan.authority(authority);
    }
    if (path != null && PathRewrite.isPath(request)) {
      plan.path(path.replacement(), path.replaced());
    }
  }
}
