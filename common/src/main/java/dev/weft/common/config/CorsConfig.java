package dev.weft.common.config;

import java.util.List;

/**
 * Which pages of other origins may call a route (Gateway API's {@code CORS} filter, GEP-1767).
 *
 * @param allowOrigins {@code *}, or {@code scheme://host[:port]} whose host is {@code *} or may
 *     start with {@code *.}
 * @param allowMethods {@code *} alone, or methods; empty: GET, HEAD, POST
 * @param allowHeaders {@code *} alone, or names in lower case; empty: none beyond the safe ones
 * @param exposeHeaders {@code *} alone (not with credentials), or names in lower case
 * @param maxAgeSeconds how long a browser may keep the answer to a preflight
 */
public record CorsConfig(
    List<String> allowOrigins,
    boolean allowCredentials,
    List<String> allowMethods,
    List<String> allowHeaders,
    List<String> exposeHeaders,
    int maxAgeSeconds) {
  /** {@code maxAgeSeconds} where a document says nothing. */
  public static final int DEFAULT_MAX_AGE_SECONDS = 5;

  /** Any origin, method or header. */
  public static final String ANY = "*";

  public CorsConfig {
    allowOrigins = List.copyOf(allowOrigins);
    allowMethods = List.copyOf(allowMethods);
    allowHeaders = List.copyOf(allowHeaders);
    exposeHeaders = List.copyOf(exposeHeaders);
  }
}
