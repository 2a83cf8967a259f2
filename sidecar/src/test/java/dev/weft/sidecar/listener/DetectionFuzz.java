package dev.weft.sidecar.listener;

import dev.weft.sidecar.listener.FirstBytes.Verdict;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A connection's first bytes: looked at byte by byte they are what they are at once (or refused in
 * one of two ways), and once decided it stays decided.
 */
public final class DetectionFuzz {
  private DetectionFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (boolean tcp : new boolean[] {false, true}) {
      ByteBuf all = Unpooled.wrappedBuffer(input);
      var atOnce = new FirstBytes(tcp, Bound.FIRST_BYTES.intValue());
      Verdict whole = atOnce.look(all);
      var byByte = new FirstBytes(tcp, Bound.FIRST_BYTES.intValue());
      Verdict last = Verdict.MORE;
      for (int i = 1; i <= input.length && last == Verdict.MORE; i++) {
        last = byByte.look(all.duplicate().setIndex(0, i));
      }
      // What is no HTTP is refused either way: HTTP/1's answer is spared only where the line is
      // there.
      boolean refused = whole == Verdict.NONSENSE && last == Verdict.HTTP1 && !tcp;
      if (last != whole && !refused) {
        throw new AssertionError("at once " + whole + ", byte by byte " + last);
      }
      if (whole == Verdict.TLS && !atOnce.hello().equals(byByte.hello())) {
        throw new AssertionError(atOnce.hello() + " but byte by byte " + byByte.hello());
      }
    }
  }
}
