package dev.weft.sidecar.listener;

import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.proxyprotocol.ProxyHeaderReader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * Reads the PROXY header of a peer that is trusted with it and has to send one, then gives the
 * connection to its stack and is gone from the pipeline. Worker thread only.
 */
final class ProxyHeaderHandler extends NewConnection {
  private static final System.Logger LOG = Logs.of(ProxyHeaderHandler.class);

  private final ConnectionStack stack;
  private final ProxyHeaderReader reader = new ProxyHeaderReader(Bound.PROXY_HEADER.intValue());

  ProxyHeaderHandler(ConnectionStack stack) {
    super(stack.connections());
    this.stack = stack;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = keep((ByteBuf) message);
    int taken = reader.read(in);
    if (taken == ProxyHeaderReader.NEED_MORE) {
      return;
    }
    if (taken == ProxyHeaderReader.MALFORMED) {
      refuse("no PROXY header, or a malformed one");
      return;
    }
    pending = null;
    leave();
    CallerAddress.set(context.channel(), reader.header());
    context.pipeline().addLast(stack.afterProxyHeader());
    context.pipeline().remove(this);
    if (in.readableBytes() == taken) {
      in.release();
    } else {
      context.fireChannelRead(in.skipBytes(taken));
    }
  }

  private void refuse(String why) {
    connections.count(WorkerCounter.DOWNSTREAM_PROXY_HEADER_ERROR);
    LOG.log(System.Logger.Level.DEBUG, "{0} is cut off: {1}", ctx.channel().remoteAddress(), why);
    ctx.close();
  }

  @Override
  public void tick(long nanoTime) {
    if (nanoTime - since > connections.limits().headTimeoutNanos()) {
      connections.reached(Bound.HEAD_TIME);
      refuse("no PROXY header in time");
    }
  }
}
