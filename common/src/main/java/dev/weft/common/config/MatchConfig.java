package dev.weft.common.config;

import java.util.List;

/**
 * The conditions of a route; all must hold.
 *
 * @param path for {@link PathKind#PREFIX} without a trailing slash, except for "/" alone
 * @param method empty: any
 */
public record MatchConfig(
    PathKind pathKind,
    String path,
    String method,
    List<ValueMatch> headers,
    List<ValueMatch> query) {
  public static final MatchConfig ANY =
      new MatchConfig(PathKind.PREFIX, "/", "", List.of(), List.of());

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
