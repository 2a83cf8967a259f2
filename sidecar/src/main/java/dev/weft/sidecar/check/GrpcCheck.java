package dev.weft.sidecar.check;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.telemetry.Bound;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One {@code grpc.health.v1.Health/Check} of one endpoint, over HTTP/2 without TLS on a connection
 * of its own, with the client that the control stream has loaded anyway. SERVING is healthy. The
 * two messages have a field each, and are read and written here without generated classes.
 */
final class GrpcCheck extends ClientCall.Listener<byte[]> implements Probe {
  private static final int SERVING = 1;
  private static final int MAX_RESPONSE_BYTES = Bound.CHECK_RESPONSE.intValue();
  private static final String[] STATUSES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  private static final MethodDescriptor<byte[], byte[]> CHECK =
      MethodDescriptor.newBuilder(new Bytes(), new Bytes())
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("grpc.health.v1.Health/Check")
          .build();

  private final HealthCheckConfig config;
  private final long deadlineNanos;
  private final Consumer<String> result;
  private byte @Nullable [] response;
  private @Nullable ManagedChannel channel;
  private boolean done;

  /**
   * @param result gets an empty string when all is well, else what was wrong
   */
  GrpcCheck(HealthCheckConfig config, long deadlineNanos, Consumer<String> result) {
    this.config = config;
    this.deadlineNanos = deadlineNanos;
    this.result = result;
  }

  /** Asks; on that loop, where the result will be told too. */
  void start(
      EventLoop loop, Class<? extends Channel> type, InetSocketAddress address, String host) {
    ManagedChannel to =
        NettyChannelBuilder.forAddress(address)
            .overrideAuthority(host)
            .eventLoopGroup(loop)
            .channelType(type, InetSocketAddress.class)
            .usePlaintext()
            .directExecutor()
            .offloadExecutor(Runnable::run)
            .disableRetry()
            .userAgent("weft-health-check")
            .maxInboundMessageSize(MAX_RESPONSE_BYTES)
            .build();
    channel = to;
    ClientCall<byte[], byte[]> call = to.newCall(CHECK, CallOptions.DEFAULT);
    call.start(this, new Metadata());
    call.request(2);
    call.sendMessage(request(config.grpcService()));
    call.halfClose();
  }

  @Override
  public boolean expire(long nowNanos) {
    if (done || nowNanos - deadlineNanos < 0) {
      return false;
    }
    finish(
        "no answer within %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(config.timeoutNanos())));
    return true;
  }

  @Override
  public void cancel() {
    done = true;
    close();
  }

  @Override
  public void onMessage(byte[] message) {
    response = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    byte[] message = response;
    if (!status.isOk() || message == null) {
      String why = status.getDescription();
      finish("gRPC status " + status.getCode() + (why == null ? "" : ": " + why));
      return;
    }
    int serving = status(message);
    finish(
        serving == SERVING
            ? ""
            : serving >= 0 && serving < STATUSES.length
                ? STATUSES[serving]
                : "a response that is not one of grpc.health.v1");
  }

  private void finish(String failure) {
    if (done) {
      return;
    }
    done = true;
    close();
    result.accept(failure);
  }

  private void close() {
    if (channel != null) {
      channel.shutdownNow();
    }
  }

  /** {@code HealthCheckRequest}: field 1 is the service. */
  private static byte[] request(@Nullable String service) {
    if (service == null || service.isEmpty()) {
      return new byte[0];
    }
    ByteString name = ByteString.copyFromUtf8(service);
    byte[] bytes = new byte[CodedOutputStream.computeBytesSize(1, name)];
    try {
      CodedOutputStream.newInstance(bytes).writeBytes(1, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes;
  }

  /** {@code HealthCheckResponse}: field 1 is the status; -1 when it cannot be read. */
  private static int status(byte[] message) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(message);
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

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
