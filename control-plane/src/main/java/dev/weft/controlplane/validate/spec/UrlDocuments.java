package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Filters of type {@code RequestRedirect} and {@code URLRewrite}. */
final class UrlDocuments {
  private static final String FULL = "ReplaceFullPath";
  private static final String PREFIX = "ReplacePrefixMatch";

  private static final Known REDIRECT =
      Known.of("scheme", "hostname", "path", "port", "statusCode");
  private static final Known REWRITE = Known.of("hostname", "path");
  private static final Known PATH = Known.of("type", "replaceFullPath", "replacePrefixMatch");

  private UrlDocuments() {}

  static RedirectConfig redirect(Place at) {
    Obj redirect = Obj.of(at, REDIRECT);
    Place schemeAt = redirect.get("scheme");
    String scheme = schemeAt == null ? null : schemeAt.oneOf(RedirectConfig.SCHEMES);
    Place statusAt = redirect.get("statusCode");
    Integer status = statusAt == null ? null : statusAt.integer(300, 399);
    if (statusAt != null && status != null && !RedirectConfig.STATUSES.contains(status)) {
      statusAt.wrong("301, 302, 303, 307 or 308");
    }
    return new RedirectConfig(
        scheme == null ? "" : scheme,
        hostname(redirect),
        path(redirect.get("path")),
        redirect.integer("port", 1, 65_535, 0),
        status == null ? RedirectConfig.DEFAULT_STATUS : status);
  }

  static RewriteConfig rewrite(Place at) {
    Obj rewrite = Obj.of(at, REWRITE);
    return new RewriteConfig(hostname(rewrite), path(rewrite.get("path")));
  }

  private static String hostname(Obj of) {
    Place at = of.get("hostname");
    String hostname = at == null ? null : at.string();
    if (at != null && hostname != null && !Syntax.isDnsName(hostname)) {
      at.wrong("a DNS name in lower case, without a port");
    }
    return hostname == null ? "" : hostname;
  }

  private static @Nullable PathRewriteConfig path(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    Obj path = Obj.of(at, PATH);
    Place typeAt = path.require("type", Place.list(List.of(FULL, PREFIX)));
    String type = typeAt == null ? null : typeAt.oneOf(List.of(FULL, PREFIX));
    if (type == null) {
      return null;
    }
    boolean prefix = type.equals(PREFIX);
    Place other = path.get(prefix ? "replaceFullPath" : "replacePrefixMatch");
    if (other != null) {
      other.wrong("nothing, as the type is " + type);
    }
    Place valueAt = path.require(prefix ? "replacePrefixMatch" : "replaceFullPath", "the new path");
    String value = valueAt == null ? null : valueAt.string();
    String error = value == null ? null : Syntax.newPathError(value);
    if (valueAt != null && error != null) {
      valueAt.wrong(error + ", or nothing");
    }
    return value == null ? null : new PathRewriteConfig(prefix, value);
  }
}
