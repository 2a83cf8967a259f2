package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;

/** The tail of a connection to an upstream. */
final class ClientTail extends TlsTail {
  private final WorkerTelemetry telemetry;
  private final Direction direction;
  private final ClientTls.Listener listener;

  ClientTail(
      SslHandler tls, WorkerTelemetry telemetry, Direction direction, ClientTls.Listener listener) {
    super(tls);
    this.telemetry = telemetry;
    this.direction = direction;
    this.listener = listener;
  }

  @Override
  void onSecured(ChannelHandlerContext context) {
    telemetry.count(WorkerCounter.UPSTREAM_TLS_HANDSHAKE, direction);
    if (resumed()) {
      telemetry.count(WorkerCounter.UPSTREAM_TLS_RESUMED, direction);
    }
    listener.secured(tls.applicationProtocol());
  }

  @Override
  void onFailed(ChannelHandlerContext context, Throwable cause) {
    boolean timeout = Reasons.isTimeout(cause);
    telemetry.count(
        timeout ? WorkerCounter.UPSTREAM_TLS_TIMEOUT : WorkerCounter.UPSTREAM_TLS_ERROR, direction);
    listener.failed(timeout, Reasons.of(cause, peer()));
  }

  @Override
  String peer() {
    return "the server";
  }
}
