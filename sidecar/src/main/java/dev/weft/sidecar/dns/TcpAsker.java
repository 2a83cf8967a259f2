package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection of one who asks, and, from the first query that we do not answer, one to the name
 * server, which is as long-lived. Answers come in the order in which they are there (RFC 7766, 7).
 * Control loop only.
 */
final class TcpAsker extends ChannelInboundHandlerAdapter {
  private final DnsServer server;
  private final InetSocketAddress nameServer;
  private final OpenQueries open;
  private @Nullable Channel asker;
  private @Nullable Channel upstream;
  private @Nullable ScheduledFuture<?> idle;
  private int looking;
  private boolean allAsked;
  private boolean closed;

  TcpAsker(DnsServer server, InetSocketAddress nameServer) {
    this.server = server;
    this.nameServer = nameServer;
    open = new OpenQueries(server);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    asker = ctx.channel();
    closeAfter(Bound.DNS_IDLE);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var query = (ByteBuf) message;
    // Not writable: it asks for more than it reads.
    if (closed
        || query.readableBytes() < DnsQuery.HEADER
        || !ctx.channel().isWritable()
        || !server.begin(query)) {
      query.release();
      close();
      return;
    }
    closeAfter(Bound.DNS_IDLE);
    DnsQuery read = DnsQuery.parse(query);
    if (read == null) {
      pass(new Asked(query, null, null));
    } else {
      looking++;
      server.look(read, name -> decided(query, read, name));
    }
  }

  private void decided(ByteBuf query, DnsQuery read, @Nullable DnsNameConfig name) {
    looking--;
    ByteBuf answer = closed ? null : server.answer(query, read, name, DnsServer.LARGEST);
    if (answer == null) {
      pass(new Asked(query, read, name));
    } else {
      write(Objects.requireNonNull(asker), answer);
      server.end(query);
    }
    passEnd();
  }

  private void pass(Asked asked) {
    if (closed) {
      server.end(asked.query());
      return;
    }
    server.countPassed();
    open.add(asked);
    Channel to = upstream;
    if (to == null) {
      connect();
    } else if (to.isActive()) {
      write(to, asked.query().retainedDuplicate());
    }
  }

  /** Nothing is read meanwhile; what was read already goes when it is done. */
  private void connect() {
    Channel to;
    try {
      to = server.sockets().client();
    } catch (ChannelException e) {
      // Out of descriptors.
      server.countFailed();
      close();
      return;
    }
    upstream = to;
    flow();
    to.config().setOption(ChannelOption.TCP_NODELAY, true);
    to.config()
        .setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(Bound.DNS_TIME.millis()));
    to.pipeline().addLast(new TcpPort.Messages(), new Upstream());
    server.loop().register(to);
    to.connect(nameServer)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                server.countFailed();
                close();
                return;
              }
              open.forEach(query -> write(to, query.retainedDuplicate()));
              flow();
              passEnd();
            });
  }

  /** Nobody is read whose messages would have nowhere to go. */
  private void flow() {
    Channel from = Objects.requireNonNull(asker);
    Channel to = upstream;
    from.config()
        .setAutoRead(from.isWritable() && (to == null || (to.isActive() && to.isWritable())));
    if (to != null) {
      to.config().setAutoRead(from.isWritable());
    }
  }

  private static void write(Channel to, ByteBuf message) {
    to.write(to.alloc().buffer(2).writeShort(message.readableBytes()));
    to.writeAndFlush(message);
  }

  private void closeAfter(Bound quiet) {
    if (idle != null) {
      idle.cancel(false);
    }
    idle = server.loop().schedule(this::close, quiet.millis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    flow();
  }

  /** Who has said everything may still listen; or is gone, which looks the same. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent && !closed) {
      allAsked = true;
      closeAfter(Bound.DNS_TIME);
      passEnd();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    close();
  }

  /** The name server closes when it has answered, as it would without us. */
  private void passEnd() {
    if (!allAsked || looking > 0) {
      return;
    }
    Channel to = upstream;
    if (to == null) {
      closeWhenWritten();
    } else if (to instanceof DuplexChannel duplex && to.isActive()) {
      to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> duplex.shutdownOutput());
    }
  }

  private void closeWhenWritten() {
    Objects.requireNonNull(asker)
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> close());
  }

  private void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (idle != null) {
      idle.cancel(false);
      idle = null;
    }
    open.endAll();
    Objects.requireNonNull(asker).close();
    if (upstream != null) {
      upstream.close();
    }
  }

  /** The name server's side. */
  private final class Upstream extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var response = (ByteBuf) message;
      if (closed) {
        response.release();
        return;
      }
      closeAfter(Bound.DNS_IDLE);
      // A transfer of a zone is many responses to one query.
      Asked asked = open.answeredBy(response);
      Channel to = Objects.requireNonNull(asker);
      if (asked == null) {
        write(to, response);
        return;
      }
      write(to, server.instead(asked, response, DnsServer.LARGEST));
      server.end(asked.query());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      flow();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      closeWhenWritten();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      close();
    }
  }
}
