package dev.weft.sidecar.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.internal.tcnative.SSL;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Stands behind TLS on a channel: waits for the handshake, then translates what TLS says of an end
 * into what a protocol without TLS would see. A peer that ends properly (close_notify) is one that
 * closes; one that goes without is told as an error first, because whoever cuts a connection must
 * not be able to make a message look whole (RFC 8446, section 6.1). Data does not pass through it.
 */
abstract class TlsTail extends ChannelInboundHandlerAdapter {
  final SslHandler tls;
  private boolean done;
  private boolean secured;
  private boolean told;

  TlsTail(SslHandler tls) {
    this.tls = tls;
  }

  /** The handshake is done. */
  abstract void onSecured(ChannelHandlerContext context);

  /** The handshake has failed; the channel closes. Told at most once. */
  abstract void onFailed(ChannelHandlerContext context, Throwable cause);

  /** What the other side is called in an error. */
  abstract String peer();

  /** Whether the handshake took up an earlier session. */
  final boolean resumed() {
    return tls.engine() instanceof ReferenceCountedOpenSslEngine engine
        && SSL.isSessionReused(engine.sslPointer());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        if (!done) {
          done = true;
          secured = true;
          onSecured(context);
        }
      } else {
        failed(context, handshake.cause());
      }
    } else if (event instanceof SslCloseCompletionEvent close) {
      if (close.isSuccess()) {
        told = true;
        context.close();
      } else if (secured) {
        cutOff(context);
      }
    } else if (event instanceof ChannelInputShutdownEvent) {
      if (secured) {
        cutOff(context);
      }
      context.close();
    } else {
      context.fireUserEventTriggered(event);
    }
  }

  private void cutOff(ChannelHandlerContext context) {
    if (!told) {
      told = true;
      context.fireExceptionCaught(
          new TlsIoException(peer() + " ended the connection without saying so (close_notify)"));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!secured) {
      // Told by the handshake's event, with its cause.
      if (!(cause instanceof DecoderException)) {
        failed(context, cause);
      }
      context.close();
      return;
    }
    Throwable inner = cause instanceof DecoderException ? cause.getCause() : cause;
    told = true;
    context.fireExceptionCaught(
        inner instanceof SSLException ? new TlsIoException(Reasons.of(inner, peer())) : cause);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    failed(context, null);
    context.fireChannelInactive();
  }

  private void failed(ChannelHandlerContext context, @Nullable Throwable cause) {
    if (!done) {
      done = true;
      onFailed(context, cause == null ? new ClosedChannelException() : cause);
    }
  }
}
