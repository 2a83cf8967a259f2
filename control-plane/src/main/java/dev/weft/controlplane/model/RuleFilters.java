package dev.weft.controlplane.model;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a rule, as Gateway API has them.
 *
 * @param cors null: the application alone speaks about other origins
 * @param redirect null: requests go to the backends
 * @param rewrite null: requests are sent on under their own host and path
 */
public record RuleFilters(
    HeaderChange requestHeaders,
    HeaderChange responseHeaders,
    @Nullable CorsConfig cors,
    @Nullable RedirectConfig redirect,
    @Nullable RewriteConfig rewrite,
    List<Mirror> mirrors) {
  public static final RuleFilters NONE =
      new RuleFilters(HeaderChange.NONE, HeaderChange.NONE, null, null, null, List.of());

  public RuleFilters {
    mirrors = List.copyOf(mirrors);
  }

  /** Filters that change headers only. */
  public static RuleFilters headers(HeaderChange request, HeaderChange response) {
    return new RuleFilters(request, response, null, null, null, List.of());
  }

  /** A copy of {@code numerator} requests out of {@code denominator}, sent elsewhere. */
  public record Mirror(HttpRoute.Target target, int numerator, int denominator) {}
}
