package dev.weft.soak.load;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The ports that requests may go to, in turn. One that has asked its callers to go away, or refuses
 * connections, is passed over until it is named anew, for ten seconds at most. Thread-safe.
 */
final class Targets {
  private static final long AVOID_NANOS = TimeUnit.SECONDS.toNanos(10);

  private volatile List<Integer> ports;
  private final ConcurrentMap<Integer, Long> avoidedSince = new ConcurrentHashMap<>();
  private final AtomicInteger turn = new AtomicInteger();

  Targets(List<Integer> ports) {
    this.ports = List.copyOf(ports);
  }

  /** From now on these. */
  void set(List<Integer> now) {
    ports = List.copyOf(now);
    now.forEach(avoidedSince::remove);
  }

  /** The next one; one that is to be avoided only when all are. */
  int next() {
    long now = System.nanoTime();
    List<Integer> all = ports;
    int first = Math.floorMod(turn.getAndIncrement(), all.size());
    for (int i = 0; i < all.size(); i++) {
      int port = all.get((first + i) % all.size());
      Long since = avoidedSince.get(port);
      if (since == null || now - since > AVOID_NANOS) {
        return port;
      }
    }
    return all.get(first);
  }

  void avoid(int port) {
    avoidedSince.put(port, System.nanoTime());
  }

  int count() {
    return ports.size();
  }
}
