package dev.weft.soak.app;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
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
final class CallerHandler extends Handler.Abstract {
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
    if (request.getHttpURI().getPath().equals("/health")) {
      response.setStatus(200);
      callback.succeeded();
      return true;
    }
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
    try {
      answer(call.send(), response, callback);
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      response.setStatus(502);
      response.write(
          true, ByteBuffer.wrap(("callee: " + cause).getBytes(StandardCharsets.UTF_8)), callback);
    }
    return true;
  }

  private static void answer(ContentResponse from, Response response, Callback callback) {
    boolean cut =
        from.getContent().length < from.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    response.setStatus(cut ? 502 : from.getStatus());
    String type = from.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type != null) {
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    }
    for (String name : List.of("grpc-status", "grpc-message")) {
      String value = from.getHeaders().get(name);
      if (value != null) {
        response.getHeaders().put(name, value);
      }
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
