package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Chars;

/** {@code Keep-Alive}, by which many servers say how long they keep a connection. Pure. */
final class KeepAlive {
  private static final byte[] TIMEOUT = Chars.ascii("timeout=");

  private KeepAlive() {}

  /** The {@code timeout} parameter of a Keep-Alive header, in seconds; -1: it has none. */
  static int timeoutSeconds(HeadView view, int header) {
    int end = view.valueEnd(header);
    for (int at = view.valueStart(header); at + TIMEOUT.length < end; at++) {
      if (Ascii.equalsIgnoreCase(view.slab(), at, at + TIMEOUT.length, TIMEOUT)) {
        int seconds = 0;
        for (int i = at + TIMEOUT.length; i < end && seconds < 100_000; i++) {
          int digit = view.slab().get(i) - '0';
          if (digit < 0 || digit > 9) {
            break;
          }
          seconds = seconds * 10 + digit;
        }
        return seconds;
      }
    }
    return -1;
  }
}
