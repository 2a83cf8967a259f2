package dev.weft.common.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route does with its requests beyond headers, backends and times (Gateway API's filters).
 *
 * @param cors null: the application alone speaks about other origins
 * @param redirect null: requests go to the backends; else each is answered by itself
 * @param rewrite null: requests are sent on under their own host and path
 * @param mirrors copies of requests that are sent elsewhere; their answers count for nothing
 */
public record RouteFilterConfig(
    @Nullable CorsConfig cors,
    @Nullable RedirectConfig redirect,
    @Nullable RewriteConfig rewrite,
    List<MirrorConfig> mirrors) {
  public static final RouteFilterConfig NONE = new RouteFilterConfig(null, null, null, List.of());

  public RouteFilterConfig {
    mirrors = List.copyOf(mirrors);
  }

  /** CORS and nothing else. */
  public static RouteFilterConfig cors(@Nullable CorsConfig cors) {
    return cors == null ? NONE : new RouteFilterConfig(cors, null, null, List.of());
  }

  /**
   * An answer that sends the caller elsewhere.
   *
   * @param scheme empty: that of the request
   * @param hostname empty: that of the request
   * @param path null: that of the request
   * @param port 0: the well-known one of {@code scheme}, or where that is empty the request's own
   * @param status 301, 302, 303, 307 or 308
   */
  public record RedirectConfig(
      String scheme, String hostname, @Nullable PathRewriteConfig path, int port, int status) {
    /** The status where a document says none. */
    public static final int DEFAULT_STATUS = 302;

    public static final List<Integer> STATUSES = List.of(301, 302, 303, 307, 308);
    public static final List<String> SCHEMES = List.of("http", "https");
  }

  /**
   * Under which host and path requests are sent on.
   *
   * @param hostname what {@code Host} becomes; empty: as it is
   * @param path null: as it is
   */
  public record RewriteConfig(String hostname, @Nullable PathRewriteConfig path) {}

  /**
   * What a path becomes; its query stays.
   *
   * @param prefix whether the prefix that the route has matched is replaced, by elements; else all
   * @param value empty, or a path
   */
  public record PathRewriteConfig(boolean prefix, String value) {}

  /**
   * Where copies of requests go.
   *
   * @param cluster a cluster's name
   * @param numerator of so many requests out of {@code denominator}
   * @param denominator at least 1
   */
  public record MirrorConfig(String cluster, int numerator, int denominator) {}
}
