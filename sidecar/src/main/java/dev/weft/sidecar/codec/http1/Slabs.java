package dev.weft.sidecar.codec.http1;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;

/**
 * The receive buffers' memory as {@link ByteBuffer}s, for parsing in place. The pool hands the same
 * few pieces of memory out again and again, so a view is kept and found by its address: asking
 * Netty for one allocates two objects for every head. One thread.
 */
final class Slabs {
  /** Receive buffers begin at multiples of this. */
  private static final int GRAIN_BITS = 9;

  private static final int SLOT_BITS = 10;

  /** Fibonacci hashing: what lies at regular distances is spread evenly. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final FastThreadLocal<Slabs> LOCAL =
      new FastThreadLocal<>() {
        @Override
        protected Slabs initialValue() {
          return new Slabs();
        }
      };

  private final long[] addresses = new long[1 << SLOT_BITS];
  private final ByteBuffer[] views = new ByteBuffer[1 << SLOT_BITS];

  private Slabs() {}

  /**
   * A view of all of the buffer, index for index; valid as long as the buffer. Its position and
   * limit are nobody's to change.
   */
  static ByteBuffer of(ByteBuf buffer) {
    return buffer.hasMemoryAddress()
        ? LOCAL.get().view(buffer)
        : buffer.nioBuffer(0, buffer.capacity());
  }

  private ByteBuffer view(ByteBuf buffer) {
    long address = buffer.memoryAddress();
    int slot = (int) (((address >>> GRAIN_BITS) * SPREAD) >>> (Long.SIZE - SLOT_BITS));
    ByteBuffer known = views[slot];
    // Whatever lay at this address before: it is this buffer's memory now.
    if (known != null && addresses[slot] == address && known.capacity() == buffer.capacity()) {
      return known;
    }
    ByteBuffer view = buffer.nioBuffer(0, buffer.capacity());
    addresses[slot] = address;
    views[slot] = view;
    return view;
  }
}
