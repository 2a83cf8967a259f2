package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.tls.certificate.PeerCertificate;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;

/** The tail of a caller's connection. */
final class ServerTail extends TlsTail {
  private final Handshakes handshakes;
  private final TlsAcceptor.Next next;

  ServerTail(SslHandler tls, Handshakes handshakes, TlsAcceptor.Next next) {
    super(tls);
    this.handshakes = handshakes;
    this.next = next;
  }

  @Override
  void onSecured(ChannelHandlerContext context) {
    handshakes.end();
    handshakes.count(WorkerCounter.DOWNSTREAM_TLS_HANDSHAKE);
    if (resumed()) {
      handshakes.count(WorkerCounter.DOWNSTREAM_TLS_RESUMED);
    }
    next.secured(context, tls.applicationProtocol(), PeerCertificate.of(tls.engine()));
  }

  @Override
  void onFailed(ChannelHandlerContext context, Throwable cause) {
    handshakes.end();
    handshakes.failed(context.channel().remoteAddress(), cause);
  }

  @Override
  String peer() {
    return "the caller";
  }
}
