package dev.weft.sidecar.filter;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.GrpcKind;
import dev.weft.sidecar.http.HeadPlan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of other origins call a route: answers preflights itself and marks responses (the
 * Fetch standard's CORS protocol, with the fields of Gateway API's GEP-1767). It refuses nothing:
 * without its marks the browser does. What the application says about CORS is replaced. Immutable.
 */
public final class CorsFilter implements Filter {
  private static final byte[] OPTIONS = ascii("OPTIONS");
  private static final byte[] REQUEST_METHOD = ascii("access-control-request-method");
  private static final byte[] REQUEST_HEADERS = ascii("access-control-request-headers");
  private static final byte[] ALLOW_ORIGIN = ascii("access-control-allow-origin");
  private static final byte[] ALLOW_CREDENTIALS = ascii("access-control-allow-credentials");
  private static final byte[] ALLOW_METHODS = ascii("access-control-allow-methods");
  private static final byte[] ALLOW_HEADERS = ascii("access-control-allow-headers");
  private static final byte[] EXPOSE_HEADERS = ascii("access-control-expose-headers");
  private static final byte[] MAX_AGE = ascii("access-control-max-age");
  private static final byte[] VARY = ascii("vary");
  private static final byte[] ORIGIN = ascii("origin");
  private static final byte[] TRUE = ascii("true");
  private static final byte[] ANY = ascii(CorsConfig.ANY);
  private static final byte[] NOTHING = {};

  /** What a browser's gRPC-Web client reads of a response that is trailers only. */
  private static final List<String> GRPC_HEADERS = List.of("grpc-status", "grpc-message");

  /** What the application may have said itself. */
  private static final HeadEdits ITS_OWN =
      new HeadEdits(List.of(), List.of(), List.of(ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS));

  private final OriginMatch[] origins;
  private final boolean anyOrigin;
  private final boolean credentials;
  private final byte @Nullable [] methods;
  private final byte @Nullable [] headers;
  private final byte[] exposed;
  private final byte[] exposedWithGrpc;
  private final byte[] maxAge;

  public CorsFilter(CorsConfig config) {
    this.origins =
        config.allowOrigins().stream().map(OriginMatch::compile).toArray(OriginMatch[]::new);
    this.credentials = config.allowCredentials();
    this.anyOrigin = !credentials && config.allowOrigins().contains(CorsConfig.ANY);
    List<String> allowed = config.allowMethods();
    this.methods = list(allowed.isEmpty() ? List.of("GET", "HEAD", "POST") : allowed);
    this.headers = list(config.allowHeaders());
    this.exposed = ascii(String.join(", ", config.exposeHeaders()));
    this.exposedWithGrpc = ascii(String.join(", ", withGrpc(config.exposeHeaders())));
    this.maxAge = ascii(Integer.toString(config.maxAgeSeconds()));
  }

  @Override
  public Decision onRequest(HeadView request, Answer answer) {
    if (!request.has(WellKnown.ORIGIN)
        || !request.methodIs(OPTIONS)
        || request.find(REQUEST_METHOD, 0) == HeadView.NONE) {
      return Decision.CONTINUE;
    }
    // Its marks of the origin are those of every response.
    HeadPlan plan = answer.begin(204);
    if (allowed(request)) {
      allow(ALLOW_METHODS, methods, request, REQUEST_METHOD, plan);
      allow(ALLOW_HEADERS, headers, request, REQUEST_HEADERS, plan);
      plan.line(MAX_AGE, maxAge);
    }
    return Decision.ANSWER;
  }

  @Override
  public void onResponse(HeadView request, HeadPlan response) {
    if (!anyOrigin) {
      response.line(VARY, ORIGIN);
    }
    if (!request.has(WellKnown.ORIGIN)) {
      return;
    }
    response.apply(ITS_OWN);
    if (!allowed(request)) {
      return;
    }
    if (anyOrigin) {
      response.line(ALLOW_ORIGIN, ANY);
    } else {
      echo(ALLOW_ORIGIN, request, request.find(WellKnown.ORIGIN), response);
    }
    if (credentials) {
      response.line(ALLOW_CREDENTIALS, TRUE);
    }
    byte[] expose = GrpcKind.of(request).web() ? exposedWithGrpc : exposed;
    if (expose.length > 0 && !request.methodIs(OPTIONS)) {
      response.line(EXPOSE_HEADERS, expose);
    }
  }

  private boolean allowed(HeadView request) {
    int line = request.find(WellKnown.ORIGIN);
    if (request.isRepeated(WellKnown.ORIGIN)) {
      return false;
    }
    for (OriginMatch origin : origins) {
      if (origin.matches(request.slab(), request.valueStart(line), request.valueEnd(line))) {
        return true;
      }
    }
    return false;
  }

  /** With credentials a browser takes no wildcard: what it asked for is said back. */
  private void allow(
      byte[] name, byte @Nullable [] list, HeadView request, byte[] asked, HeadPlan plan) {
    if (list == null) {
      int line = request.find(asked, 0);
      if (!credentials) {
        plan.line(name, ANY);
      } else if (line != HeadView.NONE) {
        echo(name, request, line, plan);
      }
    } else if (list.length > 0) {
      plan.line(name, list);
    }
  }

  private static void echo(byte[] name, HeadView request, int line, HeadPlan plan) {
    plan.line(name, NOTHING, request.slab(), request.valueStart(line), request.valueEnd(line));
  }

  /** The value that names them all; null: any. */
  private static byte @Nullable [] list(List<String> names) {
    return names.contains(CorsConfig.ANY) ? null : ascii(String.join(", ", names));
  }

  private static List<String> withGrpc(List<String> exposed) {
    if (exposed.contains(CorsConfig.ANY)) {
      return exposed;
    }
    var all = new ArrayList<>(exposed);
    GRPC_HEADERS.stream().filter(name -> !exposed.contains(name)).forEach(all::add);
    return all;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
