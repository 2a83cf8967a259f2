package dev.weft.sidecar.listener;

import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.tls.TlsAcceptor;
import dev.weft.sidecar.tls.certificate.PeerCertificate;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import org.jspecify.annotations.Nullable;

/**
 * Terminates TLS and serves what is inside: the protocol that ALPN chose, or, where nothing was
 * agreed on, what the first bytes inside show.
 */
final class TlsStack implements ProtocolStack {
  private final TlsAcceptor acceptor;
  private final ConnectionStack inside;

  TlsStack(TlsAcceptor acceptor, ConnectionStack inside) {
    this.acceptor = acceptor;
    this.inside = inside;
  }

  @Override
  public void install(ChannelPipeline pipeline, @Nullable ClientHello hello) {
    acceptor.accept(pipeline.channel(), this::secured);
  }

  private void secured(
      ChannelHandlerContext context, @Nullable String alpn, @Nullable PeerCertificate peer) {
    context
        .channel()
        .attr(CallerTls.KEY)
        .set(peer == null ? CallerTls.ANONYMOUS : new CallerTls(peer.forwarded()));
    ChannelPipeline pipeline = context.pipeline();
    if (inside.onlyBytes()) {
      pipeline.addLast(inside.begin(context.channel()));
    } else if (TlsAcceptor.HTTP2.equals(alpn)) {
      inside.serving(Protocol.HTTP2).install(pipeline, null);
    } else if (TlsAcceptor.HTTP1.equals(alpn)) {
      inside.serving(Protocol.HTTP1).install(pipeline, null);
    } else {
      pipeline.addLast(inside.afterProxyHeader());
    }
  }
}
