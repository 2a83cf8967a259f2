package dev.weft.sidecar.dns;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one socket of the application's has asked a name server for, and a socket of ours that asks
 * it in its stead: a new one, with a port that the kernel draws, so that an answer is as hard to
 * forge as without us. Ends when everything is answered. Control loop only.
 */
final class UdpFlow extends ChannelInboundHandlerAdapter {
  private final DnsServer server;
  private final UdpPort port;
  private final InetSocketAddress asker;
  private final Channel channel;
  private final ChannelFuture connected;
  private final OpenQueries open;
  private @Nullable ScheduledFuture<?> timer;

  UdpFlow(DnsServer server, UdpPort port, InetSocketAddress asker, InetSocketAddress nameServer) {
    this.server = server;
    this.port = port;
    this.asker = asker;
    open = new OpenQueries(server);
    channel = server.sockets().datagram(nameServer.getAddress() instanceof Inet6Address);
    DnsServer.prepareDatagrams(channel);
    channel.pipeline().addLast(this);
    server.loop().register(channel);
    connected = channel.connect(nameServer);
  }

  /** Asks; who asks again with the same id asks the name server again. */
  void send(Asked asked) {
    open.add(asked);
    if (timer != null) {
      timer.cancel(false);
    }
    timer = server.loop().schedule(this::tooLate, Bound.DNS_TIME.millis(), TimeUnit.MILLISECONDS);
    connected.addListener(
        done -> {
          if (done.isSuccess()) {
            write(asked);
          } else {
            fail();
          }
        });
  }

  private void write(Asked asked) {
    if (open.has(asked)) {
      channel
          .writeAndFlush(asked.query().retainedDuplicate())
          .addListener(
              written -> {
                if (!written.isSuccess()) {
                  fail();
                }
              });
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf response = ((DatagramPacket) message).content();
    Asked asked = open.answeredBy(response);
    if (asked == null) {
      response.release();
      return;
    }
    DnsQuery read = asked.read();
    port.send(
        asker, server.instead(asked, response, read == null ? DnsServer.LARGEST : read.udpSize()));
    server.end(asked.query());
    if (open.isEmpty()) {
      close();
    }
  }

  // Nobody listens there, as a rule, which the asker's own socket would be told, too.
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail();
  }

  private void fail() {
    open.forEach(query -> port.refuse(asker, query));
    close();
  }

  /** As when the name server says nothing: who asks has a timeout of its own. */
  private void tooLate() {
    server.reached(Bound.DNS_TIME);
    close();
  }

  void close() {
    port.ended(asker, this);
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    open.endAll();
    channel.close();
  }
}
