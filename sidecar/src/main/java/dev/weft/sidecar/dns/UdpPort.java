package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked by UDP instead of one name server. Control loop only. */
final class UdpPort extends ChannelInboundHandlerAdapter {
  private final DnsServer server;
  private final InetSocketAddress nameServer;
  private final Map<InetSocketAddress, UdpFlow> flows = new HashMap<>();
  private @Nullable Channel channel;

  UdpPort(DnsServer server, DnsServer.Port port) {
    this.server = server;
    this.nameServer = port.nameServer();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var packet = (DatagramPacket) message;
    try {
      ByteBuf content = packet.content();
      if (content.readableBytes() >= DnsQuery.HEADER && !DnsAnswer.isResponse(content)) {
        // The buffer received into is large, and an answer may take seconds.
        received(packet.sender(), ctx.alloc().buffer(content.readableBytes()).writeBytes(content));
      }
    } finally {
      packet.release();
    }
  }

  private void received(InetSocketAddress asker, ByteBuf query) {
    if (!server.begin(query)) {
      refuse(asker, query);
      query.release();
      return;
    }
    DnsQuery read = DnsQuery.parse(query);
    if (read == null) {
      pass(asker, new Asked(query, null, null));
    } else {
      server.look(read, name -> decided(asker, query, read, name));
    }
  }

  private void decided(
      InetSocketAddress asker, ByteBuf query, DnsQuery read, @Nullable DnsNameConfig name) {
    ByteBuf answer = server.answer(query, read, name, read.udpSize());
    if (answer == null) {
      pass(asker, new Asked(query, read, name));
      return;
    }
    send(asker, answer);
    server.end(query);
  }

  private void pass(InetSocketAddress asker, Asked asked) {
    if (!Objects.requireNonNull(channel).isActive()) {
      server.end(asked.query());
      return;
    }
    server.countPassed();
    try {
      UdpFlow flow = flows.get(asker);
      if (flow == null) {
        flow = new UdpFlow(server, this, asker, nameServer);
        flows.put(asker, flow);
      }
      flow.send(asked);
    } catch (ChannelException e) {
      // Out of descriptors.
      refuse(asker, asked.query());
      server.end(asked.query());
    }
  }

  /** Says that there is no answer. */
  void refuse(InetSocketAddress asker, ByteBuf query) {
    server.countFailed();
    send(asker, DnsAnswer.failure(query));
  }

  /** Takes the bytes over. */
  void send(InetSocketAddress asker, ByteBuf bytes) {
    Objects.requireNonNull(channel).writeAndFlush(new DatagramPacket(bytes, asker));
  }

  void ended(InetSocketAddress asker, UdpFlow flow) {
    flows.remove(asker, flow);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    List.copyOf(flows.values()).forEach(UdpFlow::close);
  }

  // An answer that could not be delivered, as a rule: who asked is gone.
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {}
}
