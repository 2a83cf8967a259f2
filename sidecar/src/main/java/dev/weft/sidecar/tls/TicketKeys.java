package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The keys that session tickets are sealed with. They live in this process only and are shared by
 * its workers; the newest seals, the one before still opens, so that a ticket is good for {@link
 * #ROTATION_NANOS} at least and twice that at most (RFC 5077, section 5.5). Files thread only.
 */
final class TicketKeys {
  /** How long a key seals: 12 hours. */
  static final long ROTATION_NANOS = Bound.TLS_TICKET_KEY.value();

  private static final int KEPT = 2;

  private final SecureRandom random = new SecureRandom();
  private final List<OpenSslSessionTicketKey> keys = new ArrayList<>();
  private long since;

  TicketKeys(long nowNanos) {
    renew(nowNanos);
  }

  /** Forgets every key: no ticket that was given out is good any more. */
  void reset(long nowNanos) {
    keys.clear();
    renew(nowNanos);
  }

  /** True when it was time for a new key, and contexts are to be told. */
  boolean rotate(long nowNanos) {
    if (nowNanos - since < ROTATION_NANOS) {
      return false;
    }
    renew(nowNanos);
    return true;
  }

  void applyTo(OpenSslSessionContext sessions) {
    sessions.setTicketKeys(keys.toArray(new OpenSslSessionTicketKey[0]));
  }

  private void renew(long nowNanos) {
    since = nowNanos;
    byte[] bytes = new byte[OpenSslSessionTicketKey.TICKET_KEY_SIZE];
    random.nextBytes(bytes);
    int hmac = OpenSslSessionTicketKey.NAME_SIZE;
    int aes = hmac + OpenSslSessionTicketKey.HMAC_KEY_SIZE;
    keys.addFirst(
        new OpenSslSessionTicketKey(
            Arrays.copyOf(bytes, hmac),
            Arrays.copyOfRange(bytes, hmac, aes),
            Arrays.copyOfRange(bytes, aes, aes + OpenSslSessionTicketKey.AES_KEY_SIZE)));
    while (keys.size() > KEPT) {
      keys.removeLast();
    }
  }
}
