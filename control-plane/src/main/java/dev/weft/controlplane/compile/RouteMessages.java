package dev.weft.controlplane.compile;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.proto.discovery.v1.PathRewrite;
import dev.weft.proto.discovery.v1.Redirect;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.UrlRewrite;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** From a rule's filters to a route's messages, field by field. Pure. */
final class RouteMessages {
  private RouteMessages() {}

  /** Everything but what needs to know the mesh. */
  static void filters(Route.Builder route, RuleFilters filters) {
    if (!filters.requestHeaders().isEmpty()) {
      route.setRequestHeaders(Messages.headers(filters.requestHeaders()));
    }
    if (!filters.responseHeaders().isEmpty()) {
      route.setResponseHeaders(Messages.headers(filters.responseHeaders()));
    }
    CorsConfig cors = filters.cors();
    if (cors != null) {
      route.setCors(Messages.cors(cors));
    }
    RedirectConfig redirect = filters.redirect();
    if (redirect != null) {
      route.setRedirect(redirect(redirect));
    }
    RewriteConfig rewrite = filters.rewrite();
    if (rewrite != null) {
      route.setRewrite(rewrite(rewrite));
    }
  }

  /**
   * What a rule's retry means: besides its codes, whatever shows that an attempt has not come to a
   * response (GEP-1731).
   */
  static RetryConfig retry(HttpRoute.Retry retry) {
    RetryConfig absent = RetryConfig.DEFAULT;
    Integer attempts = retry.attempts();
    Duration backoff = retry.backoff();
    long least = backoff == null ? 0 : backoff.toNanos();
    return new RetryConfig(
        attempts == null ? absent.attempts() : attempts,
        EnumSet.of(RetryOn.CONNECT_FAILURE, RetryOn.RESET, RetryOn.PER_TRY_TIMEOUT),
        absent.budgetPercent(),
        Math.max(least, absent.baseBackoffNanos()),
        Math.max(least, absent.maxBackoffNanos()),
        0,
        Set.copyOf(retry.codes()),
        least);
  }

  private static Redirect redirect(RedirectConfig redirect) {
    var message =
        Redirect.newBuilder()
            .setScheme(redirect.scheme())
            .setHostname(redirect.hostname())
            .setPort(redirect.port())
            .setStatus(redirect.status());
    PathRewriteConfig path = redirect.path();
    return (path == null ? message : message.setPath(path(path))).build();
  }

  private static UrlRewrite rewrite(RewriteConfig rewrite) {
    var message = UrlRewrite.newBuilder().setHostname(rewrite.hostname());
    PathRewriteConfig path = rewrite.path();
    return (path == null ? message : message.setPath(path(path))).build();
  }

  private static PathRewrite path(PathRewriteConfig path) {
    var message = PathRewrite.newBuilder();
    return (path.prefix() ? message.setPrefix(path.value()) : message.setFull(path.value()))
        .build();
  }
}
