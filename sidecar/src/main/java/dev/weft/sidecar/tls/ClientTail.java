package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/** The tail of a connection to an upstream. */
final class ClientTail extends TlsTail {
  private final @Nullable WorkerTelemetry telemetry;
  private final Direction direction;
  private final ChannelPromise secured;

  /**
   * @param telemetry null: it is not counted
   */
  ClientTail(
      SslHandler tls,
      @Nullable WorkerTelemetry telemetry,
      Direction direction,
      ChannelPromise secured) {
    super(tls);
    this.telemetry = telemetry;
    this.direction = direction;
    this.secured = secured;
  }

  @Override
  void onSecured(ChannelHandlerContext context) {
    count(WorkerCounter.UPSTREAM_TLS_HANDSHAKE);
    if (resumed()) {
      count(WorkerCounter.UPSTREAM_TLS_RESUMED);
    }
    secured.trySuccess();
  }

  @Override
  void onFailed(ChannelHandlerContext context, Throwable cause) {
    boolean timeout = Reasons.isTimeout(cause);
    count(timeout ? WorkerCounter.UPSTREAM_TLS_TIMEOUT : WorkerCounter.UPSTREAM_TLS_ERROR);
    secured.tryFailure(new TlsConnectException(timeout, Reasons.of(cause, peer())));
  }

  private void count(WorkerCounter counter) {
    if (telemetry != null) {
      telemetry.count(counter, direction);
    }
  }

  @Override
  String peer() {
    return "the server";
  }
}
