package dev.weft.sidecar.upstream;

import dev.weft.common.head.HeadView;
import java.nio.charset.StandardCharsets;

/** Which methods may be sent twice (RFC 9110, section 9.2.2). */
final class Methods {
  private static final byte[][] IDEMPOTENT = {
    ascii("GET"), ascii("HEAD"), ascii("PUT"), ascii("DELETE"), ascii("OPTIONS"), ascii("TRACE")
  };

  private Methods() {}

  static boolean isIdempotent(HeadView request) {
    for (byte[] method : IDEMPOTENT) {
      if (request.methodIs(method)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
