package dev.weft.soak.app;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/**
 * Answers with what {@link SoakApp#CALLEE} answers, asked through the own sidecar in the protocol
 * in which it was asked itself. Retries nothing.
 */
public final class CallerHandler extends Handler.Abstract {
  /** Says that the response had begun when it failed. */
  public static final String BEGUN = "x-soak-begun";

  /** No sidecar tries that again, so that what fails behind an application shows. */
  private static final int FAILED = 500;

  /** The same in gRPC. */
  private static final String INTERNAL = "13";

  private static final long TIMEOUT_SECONDS = 20;
  private static final int MAX_CONNECTIONS = 256;

  private final HttpClient http1;
  private final HttpClient http2;

  CallerHandler(int outboundPort) throws Exception {
    http1 = client(new HttpClientTransportOverHTTP(1), outboundPort);
    http2 =
        client(
            new HttpClientTransportOverHTTP2(new HTTP2Client(new ClientConnector())), outboundPort);
  }

  private static HttpClient client(HttpClientTransport transport, int outboundPort)
      throws Exception {
    var client = new HttpClient(transport);
    // Every name of the mesh is reached by way of the sidecar.
    client.setSocketAddressResolver((host, port, context, promise) -> all(promise, outboundPort));
    client.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
    client.setFollowRedirects(false);
    client.start();
    return client;
  }

  private static void all(Promise<List<InetSocketAddress>> promise, int port) {
    promise.succeeded(List.of(new InetSocketAddress("127.0.0.1", port)));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    byte[] body = bytes(Content.Source.asByteBuffer(request));
    boolean h2 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    var call =
        (h2 ? http2 : http1)
            .newRequest("http://" + SoakApp.CALLEE + request.getHttpURI().getPath())
            .method(request.getMethod())
            .timeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (body.length > 0) {
      call.body(new BytesRequestContent(type, body));
    }
    if (request.getHeaders().contains(HttpHeader.TE)) {
      call.headers(headers -> headers.put(HttpHeader.TE, "trailers"));
    }
    var begun = new AtomicBoolean();
    call.onResponseBegin(ignored -> begun.set(true));
    try {
      answer(call.send(), response, callback);
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      response.setStatus(FAILED);
      if (begun.get()) {
        response.getHeaders().put(BEGUN, "yes");
      }
      response.write(
          true, ByteBuffer.wrap(("callee: " + cause).getBytes(StandardCharsets.UTF_8)), callback);
    }
    return true;
  }

  private static void answer(ContentResponse from, Response response, Callback callback) {
    boolean cut =
        from.getContent().length < from.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    if (cut) {
      response.getHeaders().put(BEGUN, "yes");
    }
    response.setStatus(cut || from.getStatus() >= 500 ? FAILED : from.getStatus());
    String type = from.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type != null) {
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    }
    String status = from.getHeaders().get("grpc-status");
    if (status != null) {
      response
          .getHeaders()
          .put("grpc-status", status.equals("0") ? status : INTERNAL)
          .put("grpc-message", status + ": " + from.getHeaders().get("grpc-message"));
    }
    HttpFields trailers = from.getTrailers();
    if (trailers != null) {
      response.setTrailersSupplier(() -> trailers);
    }
    response.write(true, ByteBuffer.wrap(from.getContent()), callback);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
