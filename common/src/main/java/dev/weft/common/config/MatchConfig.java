package dev.weft.common.config;

import java.util.List;

/**
 * The conditions of a route; all must hold.
 *
 * @param path for {@link PathKind#PREFIX} without a trailing slash, except for "/" alone
 * @param method empty: any
 * @param serverName the name in the hello of a TLS connection that is passed on, perhaps with "*"
 *     for its first labels: such a route is for no request; empty: any connection
 */
public record MatchConfig(
    PathKind pathKind,
    String path,
    String method,
    List<ValueMatch> headers,
    List<ValueMatch> query,
    String serverName) {
  public static final MatchConfig ANY =
      new MatchConfig(PathKind.PREFIX, "/", "", List.of(), List.of());

  /** Conditions of requests. */
  public MatchConfig(
      PathKind pathKind,
      String path,
      String method,
      List<ValueMatch> headers,
      List<ValueMatch> query) {
    this(pathKind, path, method, headers, query, "");
  }

  /** The condition of a TLS connection. */
  public static MatchConfig serverName(String name) {
    return new MatchConfig(PathKind.PREFIX, "/", "", List.of(), List.of(), name);
  }

  public MatchConfig {
    headers = List.copyOf(headers);
    query = List.copyOf(query);
  }

  public enum PathKind {
    EXACT,
    /** By path elements: "/a" matches "/a" and "/a/b", not "/ab". */
    PREFIX,
    /** RE2 syntax, the whole path. */
    REGEX
  }

  /** A named value: a header (lower-case name) or a query parameter. */
  public record ValueMatch(String name, String value, boolean regex) {}
}
