package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<Integer, Asked> open = new LinkedHashMap<>();
  private @Nullable Channel asker;
  private @Nullable Channel upstream;
  private @Nullable ScheduledFuture<?> idle;
  private boolean closed;

  TcpAsker(DnsServer server, InetSocketAddress nameServer) {
    this.server = server;
    this.nameServer = nameServer;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    asker = ctx.channel();
    idle = server.loop().schedule(this::close, Bound.DNS_IDLE.millis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var query = (ByteBuf) message;
    if (closed || query.readableBytes() < DnsQuery.HEADER || !server.begin()) {
      query.release();
      close();
      return;
    }
    stillUsed();
    DnsQuery read = DnsQuery.parse(query);
    if (read == null) {
      pass(new Asked(query, null, null));
    } else {
      server.look(read, name -> decided(query, read, name));
    }
  }

  private void decided(ByteBuf query, DnsQuery read, @Nullable DnsNameConfig name) {
    ByteBuf answer = closed ? null : server.answer(query, read, name, DnsServer.LARGEST);
    if (answer == null) {
      pass(new Asked(query, read, name));
      return;
    }
    write(Objects.requireNonNull(asker), answer);
    query.release();
    server.end();
  }

  private void pass(Asked asked) {
    if (closed) {
      end(asked);
      return;
    }
    server.countPassed();
    Asked before = open.put(asked.id(), asked);
    if (before != null) {
      end(before);
    }
    Channel to = upstream;
    if (to == null) {
      connect();
    } else if (to.isActive()) {
      write(to, asked.query().retainedDuplicate());
    }
  }

  /** Nothing is read meanwhile; what was read already goes when it is done. */
  private void connect() {
    Channel from = Objects.requireNonNull(asker);
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
    from.config().setAutoRead(false);
    to.config().setOption(ChannelOption.TCP_NODELAY, true);
    to.config()
        .setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(Bound.DNS_TIME.millis()));
    to.pipeline().addLast(TcpPort.messages(), new Upstream());
    server.loop().register(to);
    to.connect(nameServer)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                server.countFailed();
                close();
                return;
              }
              open.values().forEach(asked -> write(to, asked.query().retainedDuplicate()));
              from.config().setAutoRead(true);
            });
  }

  private static void write(Channel to, ByteBuf message) {
    to.write(to.alloc().buffer(2).writeShort(message.readableBytes()));
    to.writeAndFlush(message);
  }

  private void stillUsed() {
    if (idle != null) {
      idle.cancel(false);
      idle = server.loop().schedule(this::close, Bound.DNS_IDLE.millis(), TimeUnit.MILLISECONDS);
    }
  }

  private void end(Asked asked) {
    asked.query().release();
    server.end();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (upstream != null) {
      upstream.config().setAutoRead(ctx.channel().isWritable());
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

  private void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (idle != null) {
      idle.cancel(false);
      idle = null;
    }
    List<Asked> left = List.copyOf(open.values());
    open.clear();
    left.forEach(this::end);
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
      stillUsed();
      // A transfer of a zone is many responses to one query.
      Asked asked = DnsAnswer.isResponse(response) ? open.remove(Asked.id(response)) : null;
      Channel to = Objects.requireNonNull(asker);
      if (asked == null) {
        write(to, response);
        return;
      }
      write(to, server.instead(asked, response, DnsServer.LARGEST));
      end(asked);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      Objects.requireNonNull(asker).config().setAutoRead(ctx.channel().isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      close();
    }
  }
}
