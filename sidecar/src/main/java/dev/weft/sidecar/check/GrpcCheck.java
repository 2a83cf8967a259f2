package dev.weft.sidecar.check;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.tls.ClientTls;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.tls.TlsAcceptor;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One {@code grpc.health.v1.Health/Check}; SERVING is healthy. The two messages have a field each,
 * and are read and written here without generated classes. Control loop only.
 */
final class GrpcCheck extends Check {
  private static final String PATH = "/grpc.health.v1.Health/Check";
  private static final int SERVING = 1;
  private static final int MAX_RESPONSE_BYTES = Bound.CHECK_RESPONSE.intValue();
  private static final String[] STATUSES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  /** A flag and the length stand in front of every message. */
  private static final int PREFIX = 5;

  private final HealthCheckConfig config;
  private byte[] response = new byte[64];
  private int length;
  private boolean begun;

  /**
   * @param result gets an empty string when all is well, else what was wrong
   */
  GrpcCheck(HealthCheckConfig config, long deadlineNanos, Consumer<String> result) {
    super(config.timeoutNanos(), deadlineNanos, result);
    this.config = config;
  }

  @Override
  Offer offer() {
    return Offer.HTTP2;
  }

  @Override
  void onOpen(Channel open, String host, boolean secured) {
    String spoken = ClientTls.protocol(open);
    if (spoken != null && !spoken.equals(TlsAcceptor.HTTP2)) {
      finish("the server does not speak HTTP/2, but " + spoken);
      return;
    }
    CheckCall call = CheckCall.of(this);
    open.pipeline().addLast(call);
    long millis = TimeUnit.NANOSECONDS.toMillis(config.timeoutNanos());
    call.send(
        open.pipeline().context(call),
        CheckCall.head(secured ? "https" : "http", host, PATH, millis),
        request(config.grpcService()));
  }

  /** A head of the response, or its trailers. */
  void onHeaders(Http2Headers headers, boolean end) {
    CharSequence status = headers.status();
    if (status != null && status.charAt(0) == '1') {
      return;
    }
    if (!begun) {
      begun = true;
      CharSequence type = headers.get("content-type");
      if (status == null || !"200".contentEquals(status)) {
        finish("HTTP status " + status);
        return;
      }
      if (type == null || !type.toString().startsWith("application/grpc")) {
        finish("the answer is not gRPC: its content-type is " + type);
        return;
      }
    }
    if (end) {
      finish(judge(headers.get("grpc-status"), headers.get("grpc-message")));
    }
  }

  void onData(ByteBuf data, boolean end) {
    int more = data.readableBytes();
    if (more > PREFIX + MAX_RESPONSE_BYTES - length) {
      finish("an answer of more than " + MAX_RESPONSE_BYTES + " bytes");
      return;
    }
    if (more > response.length - length) {
      response = Arrays.copyOf(response, length + more);
    }
    data.getBytes(data.readerIndex(), response, length, more);
    length += more;
    if (end) {
      finish(judge(null, null));
    }
  }

  private String judge(@Nullable CharSequence code, @Nullable CharSequence message) {
    if (code == null) {
      return "the answer has no grpc-status";
    }
    if (!"0".contentEquals(code)) {
      return "gRPC status " + nameOf(code.toString()) + (message == null ? "" : ": " + message);
    }
    int serving = status();
    return serving == SERVING
        ? ""
        : serving >= 0 && serving < STATUSES.length
            ? STATUSES[serving]
            : "a response that is not one of grpc.health.v1";
  }

  private static String nameOf(String code) {
    return code.matches("\\d{1,2}")
        ? Status.fromCodeValue(Integer.parseInt(code)).getCode().name()
        : code;
  }

  /** What is sent: {@code HealthCheckRequest}, of which field 1 is the service, as a message. */
  private static ByteBuf request(@Nullable String service) {
    ByteString name = ByteString.copyFromUtf8(service == null ? "" : service);
    byte[] message = new byte[name.isEmpty() ? 0 : CodedOutputStream.computeBytesSize(1, name)];
    if (!name.isEmpty()) {
      try {
        CodedOutputStream.newInstance(message).writeBytes(1, name);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Unpooled.buffer(PREFIX + message.length)
        .writeByte(0)
        .writeInt(message.length)
        .writeBytes(message);
  }

  /**
   * {@code HealthCheckResponse}: field 1 is the status; -1 when it is not one message of that kind.
   */
  private int status() {
    ByteBuf received = Unpooled.wrappedBuffer(response, 0, length);
    if (length < PREFIX || received.getByte(0) != 0 || received.getInt(1) != length - PREFIX) {
      return -1;
    }
    try {
      CodedInputStream in = CodedInputStream.newInstance(response, PREFIX, length - PREFIX);
      int status = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == 8) {
          status = in.readEnum();
        } else if (!in.skipField(tag)) {
          return -1;
        }
      }
      return status;
    } catch (IOException e) {
      return -1;
    }
  }
}
