package dev.weft.sidecar.upstream;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Objects;

/**
 * The hop header, by which two sidecars tell each other what applications must not be able to say.
 * The caller's sidecar announces itself with {@code weft-hop: 1}; the other one's local replies
 * then carry {@code weft-hop: FLAG}, with {@code ;undelivered} after it when nothing of the request
 * can have reached the application.
 */
public final class Hop {
  private static final byte[] ANNOUNCEMENT = {'1'};
  private static final byte[] UNDELIVERED = ascii(";undelivered");
  private static final EnumMap<Failure, byte[]> REPLIES = replies();

  private Hop() {}

  /** Announces us to a peer that is a sidecar. */
  public static void announce(HeadPlan request) {
    request.line(WellKnown.name(WellKnown.WEFT_HOP), ANNOUNCEMENT);
  }

  /** What the local reply for a failure carries; not to be changed. */
  public static byte[] reply(Failure failure) {
    return Objects.requireNonNull(REPLIES.get(failure));
  }

  /** Whether the sender of a request has announced itself as a sidecar. */
  public static boolean announced(HeadView request) {
    return request.has(WellKnown.WEFT_HOP);
  }

  /** Whether a peer's reply says that the request did not reach the application. */
  static boolean undelivered(HeadView response) {
    int line = response.find(WellKnown.WEFT_HOP);
    if (line == HeadView.NONE) {
      return false;
    }
    int end = response.valueEnd(line);
    int start = end - UNDELIVERED.length;
    return start >= response.valueStart(line)
        && Ascii.equals(response.slab(), start, end, UNDELIVERED);
  }

  private static EnumMap<Failure, byte[]> replies() {
    var replies = new EnumMap<Failure, byte[]>(Failure.class);
    for (Failure failure : Failure.values()) {
      replies.put(failure, ascii(failure.flag() + (failure.undelivered() ? ";undelivered" : "")));
    }
    return replies;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
