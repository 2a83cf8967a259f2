package dev.weft.soak.load;

import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
  private final HttpClient client;
  private final Targets targets;

  private HttpCaller(String protocol, HttpClientTransport transport, Targets targets) {
    this.protocol = protocol;
    this.targets = targets;
    client = new HttpClient(transport);
    client.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
    client.setFollowRedirects(false);
    try {
      client.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty's client does not start", e);
    }
  }

  static HttpCaller http1(Targets targets) {
    return new HttpCaller("HTTP/1.1", new HttpClientTransportOverHTTP(1), targets);
  }

  static HttpCaller http2(Targets targets) {
    return new HttpCaller("HTTP/2", new GoAwayTransport(targets::avoid), targets);
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
  public void call(Consumer<@Nullable String> done) {
    call(targets.count(), done);
  }

  private void call(int left, Consumer<@Nullable String> done) {
    int port = targets.next();
    Request request =
        client
            .newRequest("http://127.0.0.1:" + port + "/work")
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
              done.accept(verdict(result, getContent()));
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
    try {
      client.stop();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty's client does not stop", e);
    }
  }
}
