package dev.weft.sidecar.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Takes a header of the PROXY protocol from the begin of a connection, and is gone. */
final class HeaderDemand extends ByteToMessageDecoder {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  private final Consumer<String> seen;

  HeaderDemand(Consumer<String> seen) {
    this.seen = seen;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    String all = in.toString(StandardCharsets.ISO_8859_1);
    int length;
    if (all.startsWith("PROXY ")) {
      length = all.indexOf('\n') + 1;
    } else if (all.startsWith(SIGNATURE)) {
      length = all.length() < 16 ? 0 : 16 + (all.charAt(14) << 8) + all.charAt(15);
    } else if (SIGNATURE.startsWith(all) || "PROXY ".startsWith(all)) {
      length = 0;
    } else {
      seen.accept("none: " + all);
      context.close();
      return;
    }
    if (length > 0 && all.length() >= length) {
      seen.accept(all.substring(0, length));
      in.skipBytes(length);
      context.pipeline().remove(this);
    }
  }
}
