package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import java.nio.ByteBuffer;

/** What a message's {@code Connection} says (RFC 9110, section 7.6.1). One per parser. */
final class ConnectionOptions {
  private static final byte[] CLOSE = Chars.ascii("close");
  private static final byte[] UPGRADE = Chars.ascii("upgrade");
  private static final byte[] KEEP_ALIVE = Chars.ascii("keep-alive");

  private final Refusal refusal;
  private boolean keepAlive;
  private boolean upgrade;

  ConnectionOptions(Refusal refusal) {
    this.refusal = refusal;
  }

  /** Forgets the message before. */
  void begin() {
    keepAlive = false;
    upgrade = false;
  }

  boolean keepAlive() {
    return keepAlive;
  }

  boolean upgrade() {
    return upgrade;
  }

  /** Takes one line; false: it is refused. */
  boolean take(ByteBuffer slab, int start, int end, ReceivedHead head, boolean ofResponse) {
    int i = start;
    while (i < end) {
      int token = i;
      while (i < end && slab.get(i) != ',') {
        i++;
      }
      int tokenEnd = i;
      while (token < tokenEnd && (slab.get(token) == ' ' || slab.get(token) == '\t')) {
        token++;
      }
      while (token < tokenEnd
          && (slab.get(tokenEnd - 1) == ' ' || slab.get(tokenEnd - 1) == '\t')) {
        tokenEnd--;
      }
      if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, CLOSE)) {
        head.close = true;
      } else if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, KEEP_ALIVE)) {
        keepAlive = true;
      } else if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, UPGRADE)) {
        // No option of its own: the field is hop-by-hop in any case.
        upgrade = true;
      } else if (token < tokenEnd) {
        if (!ofResponse && FieldLists.isEndToEnd(slab, token, tokenEnd)) {
          return refusal.refused(
              Failure.BAD_REQUEST,
              "Connection names " + Ascii.string(slab, token, tokenEnd) + ", which is for all");
        }
        head.connectionOptions = true;
      }
      i++;
    }
    return true;
  }
}
