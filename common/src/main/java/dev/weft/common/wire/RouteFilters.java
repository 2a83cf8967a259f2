package dev.weft.common.wire;

import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.proto.discovery.v1.Mirror;
import dev.weft.proto.discovery.v1.PathRewrite;
import dev.weft.proto.discovery.v1.Redirect;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.UrlRewrite;
import java.util.ArrayList;
import java.util.List;

/** What a route does with its requests beyond headers, backends and times. */
final class RouteFilters {
  private static final int MAX_MIRRORS = 16;
  private static final int MAX_PARTS = Integer.MAX_VALUE;

  private RouteFilters() {}

  static RouteFilterConfig decode(At at, Route route) throws WireException {
    if (!route.hasCors()
        && !route.hasRedirect()
        && !route.hasRewrite()
        && route.getMirrorsCount() == 0) {
      return RouteFilterConfig.NONE;
    }
    // Without a path every path is matched, as the prefix "/" does.
    boolean prefixed =
        switch (route.getMatch().getPathCase()) {
          case PATH_PREFIX, PATH_NOT_SET -> true;
          case EXACT_PATH, PATH_REGEX -> false;
        };
    return new RouteFilterConfig(
        route.hasCors() ? Cors.decode(at.field("cors"), route.getCors()) : null,
        route.hasRedirect() ? redirect(at.field("redirect"), route.getRedirect(), prefixed) : null,
        route.hasRewrite() ? rewrite(at.field("rewrite"), route.getRewrite(), prefixed) : null,
        mirrors(at, route.getMirrorsList()));
  }

  private static List<MirrorConfig> mirrors(At at, List<Mirror> mirrors) throws WireException {
    at.field("mirrors").count(mirrors, MAX_MIRRORS);
    var decoded = new ArrayList<MirrorConfig>(mirrors.size());
    for (int i = 0; i < mirrors.size(); i++) {
      At one = at.item("mirrors", i);
      Mirror mirror = mirrors.get(i);
      String cluster = mirror.getCluster();
      one.field("cluster")
          .check(Syntax.isClusterName(cluster), cluster, "<service>.<namespace>:<port>");
      int denominator = one.field("denominator").range(mirror.getDenominator(), 1, MAX_PARTS);
      int numerator = one.field("numerator").range(mirror.getNumerator(), 0, denominator);
      decoded.add(new MirrorConfig(cluster, numerator, denominator));
    }
    return decoded;
  }

  private static RedirectConfig redirect(At at, Redirect redirect, boolean prefixed)
      throws WireException {
    String scheme = redirect.getScheme();
    at.field("scheme")
        .check(
            scheme.isEmpty() || RedirectConfig.SCHEMES.contains(scheme),
            scheme,
            "http, https or nothing");
    at.field("status")
        .check(
            RedirectConfig.STATUSES.contains(redirect.getStatus()),
            redirect.getStatus(),
            "301, 302, 303, 307 or 308");
    return new RedirectConfig(
        scheme,
        hostname(at, redirect.getHostname()),
        redirect.hasPath() ? path(at.field("path"), redirect.getPath(), prefixed) : null,
        at.field("port").range(redirect.getPort(), 0, 65_535),
        redirect.getStatus());
  }

  private static RewriteConfig rewrite(At at, UrlRewrite rewrite, boolean prefixed)
      throws WireException {
    return new RewriteConfig(
        hostname(at, rewrite.getHostname()),
        rewrite.hasPath() ? path(at.field("path"), rewrite.getPath(), prefixed) : null);
  }

  private static String hostname(At at, String hostname) throws WireException {
    at.field("hostname")
        .check(hostname.isEmpty() || Syntax.isDnsName(hostname), hostname, "a DNS name or nothing");
    return hostname;
  }

  private static PathRewriteConfig path(At at, PathRewrite path, boolean prefixed)
      throws WireException {
    return switch (path.getKindCase()) {
      case FULL -> new PathRewriteConfig(false, value(at.field("full"), path.getFull()));
      case PREFIX -> {
        at.field("prefix")
            .check(prefixed, path.getPrefix(), "a route that matches a path_prefix, not another");
        yield new PathRewriteConfig(true, value(at.field("prefix"), path.getPrefix()));
      }
      case KIND_NOT_SET -> throw at.field("kind").wrong("unset", "full or prefix");
    };
  }

  private static String value(At at, String value) throws WireException {
    String error = Syntax.newPathError(value);
    if (error != null) {
      throw at.wrong(value, error + ", or nothing");
    }
    return value;
  }
}
