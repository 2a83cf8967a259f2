package dev.weft.sidecar.tls;

import dev.weft.sidecar.tls.certificate.PeerCertificate;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/** A listener's TLS on one worker. Worker only. */
public final class TlsAcceptor {
  /** Protocols, as ALPN spells them (RFC 7301, section 6). */
  public static final String HTTP2 = "h2";

  public static final String HTTP1 = "http/1.1";

  private final ServerTls tls;
  private final Handshakes handshakes;
  private final boolean plaintextAllowed;

  /** What goes on behind TLS. */
  @FunctionalInterface
  public interface Next {
    /**
     * The handshake is done; nothing of what is inside has come yet. Handlers are to be added at
     * the pipeline's end.
     *
     * @param alpn what both sides agreed on; null: nothing, so what comes is to be looked at
     * @param peer null: the caller has shown no certificate
     */
    void secured(
        ChannelHandlerContext context, @Nullable String alpn, @Nullable PeerCertificate peer);
  }

  /**
   * @param plaintextAllowed whether the listener takes callers without TLS, too
   */
  public TlsAcceptor(ServerTls tls, Handshakes handshakes, boolean plaintextAllowed) {
    this.tls = tls;
    this.handshakes = handshakes;
    this.plaintextAllowed = plaintextAllowed;
  }

  /** Whether a caller may go on that does not begin with a ClientHello. */
  public boolean plaintextAllowed() {
    return plaintextAllowed;
  }

  /**
   * Adds TLS at the end of the connection's pipeline; its bytes, from the first of the ClientHello,
   * are to be passed there. A connection that is one too many is closed instead.
   *
   * @return whether it goes on
   */
  public boolean accept(Channel connection, Next next) {
    if (!handshakes.tryBegin()) {
      connection.close();
      return false;
    }
    SslHandler handler = tls.newHandler(connection.alloc());
    handler.setHandshakeTimeoutMillis(handshakes.timeoutMillis);
    connection.pipeline().addLast(handler, new ServerTail(handler, handshakes, next));
    return true;
  }
}
