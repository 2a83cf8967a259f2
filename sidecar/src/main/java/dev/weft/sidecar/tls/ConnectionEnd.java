package dev.weft.sidecar.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;

/**
 * How what we send on a connection ends, so that the peer can tell an end from a cut, with TLS
 * (close_notify, RFC 8446, section 6.1) and without. The connection's worker only.
 */
public final class ConnectionEnd {
  private ConnectionEnd() {}

  /**
   * Says that nothing more comes; what the peer still sends is read. To be called when the last
   * write is done; closes the connection if it failed.
   */
  public static void halfClose(ChannelFuture lastWrite) {
    Channel channel = lastWrite.channel();
    if (!lastWrite.isSuccess() || !(channel instanceof DuplexChannel duplex)) {
      channel.close();
      return;
    }
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      fin(duplex);
    } else {
      tls.closeOutbound().addListener(told -> fin(duplex));
    }
  }

  private static void fin(DuplexChannel channel) {
    if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
      try {
        // Netty's way costs an exception with its stack, for writes that are not there.
        socket.shutdown(false, true);
      } catch (IOException | NotYetConnectedException e) {
        // The second is how Netty says that the peer has reset the connection.
        channel.close();
      }
    } else {
      channel.shutdownOutput();
    }
  }

  /** Breaks off, with a reset: what was sent is not whole. */
  public static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    ChannelHandlerContext tls = channel.pipeline().context(SslHandler.class);
    if (tls == null) {
      channel.close();
    } else {
      // Through TLS it would be a close_notify, and what was cut would look whole.
      tls.close();
    }
  }
}
