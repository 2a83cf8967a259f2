package dev.weft.soak.app;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Makes an application ill or slow on request: ill, it answers 503, and gRPC's UNAVAILABLE to its
 * calls. Either way it says that it is healthy, so that only its callers find out. Thread-safe.
 */
public final class Mood extends Handler.Wrapper {
  /** From now on it fails whatever it is asked. */
  public static final String ILL = "/mood/ill";

  /** From now on it takes so long: {@code /mood/slow/MILLISECONDS}. */
  public static final String SLOW = "/mood/slow/";

  /** From now on it does neither. */
  public static final String WELL = "/mood/well";

  private static final String HEALTH = "/health";

  private volatile boolean ill;
  private volatile Duration delay = Duration.ZERO;

  Mood(Handler handler) {
    super(handler);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    String path = request.getHttpURI().getPath();
    if (path.equals(HEALTH) || changes(path)) {
      response.setStatus(200);
      callback.succeeded();
      return true;
    }
    if (!delay.isZero()) {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
    }
    if (!ill) {
      return super.handle(request, response, callback);
    }
    // Of what is not taken by then Jetty would make a 500 of its own.
    Content.Source.consumeAll(request);
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type != null && type.startsWith("application/grpc")) {
      response.setStatus(200);
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type).put("grpc-status", "14");
    } else {
      response.setStatus(503);
    }
    callback.succeeded();
    return true;
  }

  private boolean changes(String path) {
    if (path.equals(ILL) || path.equals(WELL)) {
      ill = path.equals(ILL);
      delay = Duration.ZERO;
      return true;
    }
    if (path.startsWith(SLOW)) {
      delay = Duration.ofMillis(Long.parseLong(path.substring(SLOW.length())));
      return true;
    }
    return false;
  }
}
