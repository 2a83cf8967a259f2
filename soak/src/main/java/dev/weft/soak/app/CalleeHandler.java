package dev.weft.soak.app;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Answers with a kilobyte; a gRPC call with the message that it carried. */
final class CalleeHandler extends Handler.Abstract {
  private static final int ANSWER_BYTES = 1024;
  private static final HttpFields GRPC_OK =
      HttpFields.build().put("grpc-status", "0").asImmutable();

  private final HttpField instance;
  private final byte[] answer;

  CalleeHandler(String id) {
    instance = new HttpField("x-instance", id);
    answer = "a".repeat(ANSWER_BYTES).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    ByteBuffer body = Content.Source.asByteBuffer(request);
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    response.getHeaders().put(instance);
    if (type != null && type.startsWith("application/grpc")) {
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
      response.setTrailersSupplier(() -> GRPC_OK);
      response.write(true, body, callback);
    } else {
      response.write(true, ByteBuffer.wrap(answer), callback);
    }
    return true;
  }
}
