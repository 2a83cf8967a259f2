package dev.weft.testkit.net;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * A network device whose other end is this process: what the kernel sends over it is read here,
 * frame by frame, and what is written here the kernel receives. One thread may read while another
 * writes.
 */
@SuppressWarnings("restricted") // The kernel's TAP devices are reached by its calls alone.
final class Tap implements AutoCloseable {
  /** The longest frame: Ethernet's, with room. */
  static final int MAX_FRAME = 2048;

  private static final int O_RDWR_NONBLOCK = 0x2 | 0x800;
  private static final long TUNSETIFF = 0x400454caL;
  private static final short IFF_TAP_NO_PI = 0x1002;
  private static final int IFREQ_BYTES = 40;
  private static final int IFREQ_FLAGS = 16;
  private static final short POLLIN = 1;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle IOCTL =
      function(
          "ioctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle POLL =
      function(
          "poll",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle READ = transfer("read");
  private static final MethodHandle WRITE = transfer("write");
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final int descriptor;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment received = arena.allocate(MAX_FRAME);
  private final MemorySegment sent = arena.allocate(MAX_FRAME);
  private final MemorySegment poll = arena.allocate(8, 4);

  /**
   * Makes a device of that name, in this process's network namespace; it goes with this object.
   *
   * @throws IllegalStateException if this process may not
   */
  Tap(String name) {
    MemorySegment request = arena.allocate(IFREQ_BYTES);
    MemorySegment.copy(
        MemorySegment.ofArray(name.getBytes(StandardCharsets.US_ASCII)),
        0,
        request,
        0,
        name.length());
    request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, IFF_TAP_NO_PI);
    try {
      descriptor = (int) OPEN.invokeExact(arena.allocateFrom("/dev/net/tun"), O_RDWR_NONBLOCK);
      if (descriptor < 0 || (int) IOCTL.invokeExact(descriptor, TUNSETIFF, request) < 0) {
        throw new IllegalStateException("no TAP device " + name + ": root and /dev/net/tun needed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    poll.set(ValueLayout.JAVA_INT, 0, descriptor);
    poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
  }

  /**
   * Waits for the next frame for a while.
   *
   * @return an empty one: none came
   */
  byte[] receive(int millis) {
    try {
      if ((int) POLL.invokeExact(poll, 1L, millis) <= 0) {
        return new byte[0];
      }
      long length = (long) READ.invokeExact(descriptor, received, (long) MAX_FRAME);
      return length <= 0 ? new byte[0] : received.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** A frame that the kernel does not take is lost, as on any wire. */
  void send(byte[] frame) {
    MemorySegment.copy(frame, 0, sent, ValueLayout.JAVA_BYTE, 0, frame.length);
    try {
      long _ = (long) WRITE.invokeExact(descriptor, sent, (long) frame.length);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** When nobody reads or writes any more. */
  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    arena.close();
  }

  private static MethodHandle transfer(String name) {
    return function(
        name,
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG));
  }

  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }
}
