package dev.weft.controlplane.auth;

import io.grpc.Grpc;
import io.grpc.ServerCall;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.util.function.LongSupplier;

/**
 * One line for every call that is refused, of bounded rate: who is refused a hundred times a second
 * is not to fill a disk. Safe from any thread.
 */
final class AuditLog {
  private static final System.Logger LOG = System.getLogger("dev.weft.controlplane.auth.Audit");
  private static final long WINDOW_NANOS = 1_000_000_000L;
  static final int MAX_LINES = 100;

  private final LongSupplier nanoClock;
  private long windowBegan;
  private int lines;
  private long leftOut;

  AuditLog(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.windowBegan = nanoClock.getAsLong();
  }

  void refused(ServerCall<?, ?> call, String who, Refusal refusal) {
    long missing = take();
    if (missing < 0) {
      return;
    }
    SocketAddress peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    LOG.log(
        Level.WARNING,
        "refused {0} to {1} from {2}: {3} {4}{5}",
        call.getMethodDescriptor().getFullMethodName(),
        oneLine(who),
        peer,
        refusal.status(),
        oneLine(refusal.sentence()),
        missing == 0 ? "" : " (" + missing + " such lines before it were left out)");
  }

  /** How many lines were left out before this one; -1: so is this one. */
  private synchronized long take() {
    long now = nanoClock.getAsLong();
    if (now - windowBegan >= WINDOW_NANOS) {
      windowBegan = now;
      lines = 0;
    }
    if (lines == MAX_LINES) {
      leftOut++;
      return -1;
    }
    lines++;
    long missing = leftOut;
    leftOut = 0;
    return missing;
  }

  /** What a caller sends cannot forge a line. */
  private static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
