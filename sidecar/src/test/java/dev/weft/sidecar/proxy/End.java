package dev.weft.sidecar.proxy;

import dev.weft.testkit.SocketThreads;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One end of one exchange, by Netty's codecs, as a test drives it: what has come so far can be
 * waited for, and what is to be sent is sent. Any thread.
 */
abstract class End {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final int KEPT = 1 << 20;

  /** No reset has come; and what HTTP/1.1 has instead, the end of the connection, has no code. */
  static final long NO_RESET = -1;

  final Channel channel;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private @Nullable HttpHeaders trailers;
  private long bytes;
  private long sum = 1;
  private boolean ended;
  private boolean broken;
  private long resetCode = NO_RESET;

  /** Whether this end has sent all that it has to send. */
  volatile boolean sent;

  private final AtomicLong streamed = new AtomicLong();

  End(Channel channel) {
    this.channel = channel;
  }

  // What comes; on the channel's loop.

  /** A head; of a response perhaps one of several. */
  abstract void onHead(HttpMessage head);

  final synchronized void on(HttpObject object) {
    if (object instanceof HttpMessage head) {
      onHead(head);
    }
    if (object instanceof HttpContent content) {
      onBody(content.content());
    }
    if (object instanceof LastHttpContent last && !isInformational()) {
      trailers = last.trailingHeaders();
      ended = true;
    }
    notifyAll();
  }

  /** Whether the last head was not the final one. */
  boolean isInformational() {
    return false;
  }

  private void onBody(ByteBuf content) {
    byte[] piece = new byte[content.readableBytes()];
    content.getBytes(content.readerIndex(), piece);
    bytes += piece.length;
    sum = sum(sum, piece);
    if (kept.size() < KEPT) {
      kept.write(piece, 0, piece.length);
    }
  }

  final synchronized void onBroken() {
    broken = true;
    notifyAll();
  }

  /** HTTP/2: the other side has reset the stream. */
  final synchronized void onReset(long code) {
    resetCode = code;
  }

  /** A sum over bytes that depends on their order, not on how they are cut. */
  static long sum(long before, byte[] piece) {
    long sum = before;
    for (byte b : piece) {
      sum = sum * 31 + b;
    }
    return sum;
  }

  // What a test asks.

  final synchronized long bytes() {
    return bytes;
  }

  /** The sum of the body, once it is whole. */
  final long bodySum() {
    await("the end of the body", () -> ended);
    synchronized (this) {
      return sum;
    }
  }

  /** The body, once it is whole. */
  final String body() {
    await("the end of the body", () -> ended);
    return soFar();
  }

  final synchronized String soFar() {
    return kept.toString(StandardCharsets.ISO_8859_1);
  }

  /** Waits until this much of the body has come. */
  final void awaitBytes(long count) {
    await(count + " bytes", () -> bytes >= count);
  }

  /** The trailers, once the body is whole; "" for one that did not come. */
  final String trailer(String name) {
    await("the end of the body", () -> ended);
    HttpHeaders last = trailers;
    String value = last == null ? null : last.get(name);
    return value == null ? "" : value;
  }

  /** Waits until the other side has cut this end off, or its connection is gone. */
  final void awaitBroken() {
    await("a reset", () -> broken);
  }

  /** The code of the reset, once this end is cut off; {@link #NO_RESET} over HTTP/1.1. */
  final long resetCode() {
    awaitBroken();
    synchronized (this) {
      return resetCode;
    }
  }

  final void awaitEnd() {
    await("the end of the body", () -> ended);
  }

  final synchronized boolean isEnded() {
    return ended;
  }

  final synchronized boolean isBroken() {
    return broken;
  }

  final void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    synchronized (this) {
      while (!condition.getAsBoolean()) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || broken) {
          throw new AssertionError(
              "waited in vain for " + what + "; " + bytes + " bytes came, broken: " + broken);
        }
        try {
          wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  // What a test sends.

  End write(String latin1) {
    return write(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  End write(byte[] piece) {
    channel.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(piece)));
    return this;
  }

  End end() {
    return end(new String[0]);
  }

  /** Ends the body, with trailers: names and values, one after the other. */
  End end(String... pairs) {
    var last = new DefaultLastHttpContent();
    set(last.trailingHeaders(), pairs);
    sent = true;
    channel.writeAndFlush(last);
    return this;
  }

  /**
   * Sends this many bytes, as fast as the other side takes them, and the end.
   *
   * @return their sum
   */
  Supplier<Long> stream(long count) {
    byte[] piece = new byte[32 * 1024];
    for (int i = 0; i < piece.length; i++) {
      piece[i] = (byte) (i * 7);
    }
    var done = new java.util.concurrent.CompletableFuture<Long>();
    SocketThreads.start(
        () -> {
          long total = 1;
          ChannelFuture written = null;
          for (long left = count; left > 0; left -= piece.length) {
            byte[] next = left >= piece.length ? piece : Arrays.copyOf(piece, (int) left);
            total = sum(total, next);
            streamed.addAndGet(next.length);
            written = channel.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(next)));
            if (!channel.isWritable()) {
              written.awaitUninterruptibly();
            }
          }
          sent = true;
          channel.writeAndFlush(new DefaultLastHttpContent());
          done.complete(total);
        });
    return done::join;
  }

  /** How much {@link #stream} has sent so far. */
  long streamed() {
    return streamed.get();
  }

  /** Cuts the exchange off: a reset of the stream, or of the connection. */
  void reset() {
    channel.close();
  }

  /** HTTP/2: resets the stream with that code. */
  void reset(Http2Error code) {
    channel.writeAndFlush(new DefaultHttp2ResetFrame(code));
  }

  /** Stops or resumes taking in what comes. */
  void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  static void set(HttpHeaders headers, String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      headers.add(pairs[i], pairs[i + 1]);
    }
  }
}
