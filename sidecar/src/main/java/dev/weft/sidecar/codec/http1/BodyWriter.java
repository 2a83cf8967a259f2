package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.Pressure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/** Writes one body after the other to a channel, in chunks or as it is. */
final class BodyWriter {
  private static final ByteBuf CRLF = constant("\r\n");
  private static final ByteBuf LAST = constant("0\r\n\r\n");
  private static final byte[] LAST_SIZE = Chars.ascii("0\r\n");
  private static final byte[] DIGITS = Chars.ascii("0123456789abcdef");

  // Up to here a copy costs less than a second buffer in the write.
  private static final int COPIED = 4 * 1024;

  private BodyWriter() {}

  static void data(ChannelHandlerContext ctx, ByteBuf data, boolean chunked) {
    int size = data.readableBytes();
    if (size == 0) {
      data.release();
    } else if (!chunked) {
      ctx.write(Pressure.beforeWrite(ctx.channel(), data, COPIED), ctx.voidPromise());
    } else if (size <= COPIED) {
      ByteBuf chunk = ctx.alloc().directBuffer(size + 16);
      size(chunk, size);
      chunk.writeBytes(data).writeByte('\r').writeByte('\n');
      data.release();
      ctx.write(chunk, ctx.voidPromise());
    } else {
      ByteBuf line = ctx.alloc().directBuffer(16);
      size(line, size);
      ctx.write(line, ctx.voidPromise());
      ctx.write(Pressure.beforeWrite(ctx.channel(), data, COPIED), ctx.voidPromise());
      ctx.write(CRLF.duplicate(), ctx.voidPromise());
    }
  }

  /** Ends a chunked body. */
  static void last(ChannelHandlerContext ctx, @Nullable HeadView trailers) {
    if (trailers == null) {
      ctx.write(LAST.duplicate(), ctx.voidPromise());
      return;
    }
    ByteBuf out = ctx.alloc().directBuffer(256);
    out.writeBytes(LAST_SIZE);
    Http1Encoder.trailers(trailers, out);
    out.writeByte('\r').writeByte('\n');
    ctx.write(out, ctx.voidPromise());
  }

  private static void size(ByteBuf out, int size) {
    int shift = (31 - Integer.numberOfLeadingZeros(size)) / 4 * 4;
    for (; shift >= 0; shift -= 4) {
      out.writeByte(DIGITS[size >>> shift & 0xf]);
    }
    out.writeByte('\r').writeByte('\n');
  }

  private static ByteBuf constant(String text) {
    byte[] bytes = Chars.ascii(text);
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
  }
}
