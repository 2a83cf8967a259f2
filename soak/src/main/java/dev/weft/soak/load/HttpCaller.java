package dev.weft.soak.load;

import dev.weft.soak.app.CallerHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.jspecify.annotations.Nullable;

/**
 * Requests by Jetty's client. Where no connection can be made nothing was sent, and of a stream
 * above a GOAWAY's last one nothing was looked at: as any client with more than one address does,
 * it then goes to the next.
 */
final class HttpCaller implements Caller {
  private static final int ANSWER_BYTES = 1024;
  private static final long TIMEOUT_SECONDS = 25;
  private static final int MAX_CONNECTIONS = 256;

  private final String protocol;
  private final Supplier<HttpClientTransport> transports;
  private final String authority;
  private final Targets targets;

  /** By port where each needs one, else one for all, of port 0. */
  private final ConcurrentMap<Integer, HttpClient> clients = new ConcurrentHashMap<>();

  private HttpCaller(
      String protocol, Supplier<HttpClientTransport> transports, Aim aim, Targets targets) {
    this.protocol = protocol;
    this.transports = transports;
    authority = aim.authority();
    this.targets = targets;
  }

  static HttpCaller http1(Aim aim) {
    return new HttpCaller(
        "HTTP/1.1", () -> new HttpClientTransportOverHTTP(1), aim, new Targets(aim.ports()));
  }

  static HttpCaller http2(Aim aim) {
    Targets targets = new Targets(aim.ports());
    return new HttpCaller("HTTP/2", () -> new GoAwayTransport(targets::avoid), aim, targets);
  }

  private HttpClient client(int port) {
    return clients.computeIfAbsent(authority.isEmpty() ? 0 : port, this::start);
  }

  private HttpClient start(int port) {
    var client = new HttpClient(transports.get());
    client.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
    client.setFollowRedirects(false);
    if (port != 0) {
      // Every name is reached by way of the sidecar that has this port.
      client.setSocketAddressResolver(
          (host, ignored, context, promise) ->
              promise.succeeded(List.of(new InetSocketAddress("127.0.0.1", port))));
    }
    try {
      client.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty's client does not start", e);
    }
    return client;
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  public void targets(List<Integer> ports) {
    targets.set(ports);
  }

  @Override
  public void call(Consumer<@Nullable Problem> done) {
    call(targets.count(), done);
  }

  private void call(int left, Consumer<@Nullable Problem> done) {
    int port = targets.next();
    Request request =
        client(port)
            .newRequest(
                "http://" + (authority.isEmpty() ? "127.0.0.1:" + port : authority) + "/work")
            .timeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    request.send(
        new BufferingResponseListener(ANSWER_BYTES * 4) {
          @Override
          public void onHeaders(Response response) {
            if (response
                .getHeaders()
                .contains(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString())) {
              targets.avoid(port);
            }
          }

          @Override
          public void onComplete(Result result) {
            Throwable failure = result.getFailure();
            if (isUnsent(failure) && left > 1) {
              targets.avoid(port);
              call(left - 1, done);
            } else {
              done.accept(problem(result, getContent(), port));
            }
          }
        });
  }

  /**
   * The second is Jetty's word for a stream that a GOAWAY or a reset says was not looked at; the
   * third is what it says of a connection that it had closed itself before it opened the stream.
   */
  private static boolean isUnsent(@Nullable Throwable failure) {
    return failure instanceof ConnectException
        || failure instanceof RetryableRequestException
        || (failure instanceof IllegalStateException
            && "session closed".equals(failure.getMessage()));
  }

  private static @Nullable Problem problem(Result result, byte @Nullable [] content, int port) {
    Response response = result.getResponse();
    String text = verdict(result, content);
    if (text == null) {
      return null;
    }
    // Jetty has a response from the beginning; without a status nothing of it has come.
    boolean begun =
        (result.getFailure() != null && response.getStatus() > 0)
            || response.getHeaders().contains(CallerHandler.BEGUN);
    boolean broken = result.getFailure() instanceof IOException && !isUnsent(result.getFailure());
    return new Problem(text, port, broken, begun);
  }

  private static @Nullable String verdict(Result result, byte @Nullable [] content) {
    Throwable failure = result.getFailure();
    if (failure != null) {
      return failure.toString();
    }
    int length = content == null ? 0 : content.length;
    if (result.getResponse().getStatus() != 200) {
      return result.getResponse().getStatus()
          + (content == null
              ? ""
              : " " + new String(content, java.nio.charset.StandardCharsets.UTF_8));
    }
    return length == ANSWER_BYTES
        ? null
        : "200 with "
            + length
            + " bytes instead of "
            + ANSWER_BYTES
            + " and "
            + result.getResponse().getHeaders().asString().replace("\r\n", ", ");
  }

  @Override
  public void close() {
    for (HttpClient client : clients.values()) {
      try {
        client.stop();
      } catch (Exception e) {
        throw new IllegalStateException("Jetty's client does not stop", e);
      }
    }
  }
}
