package dev.weft.controlplane.limit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Counts which limit was reached, and remembers for a while by whom: for the metrics {@code
 * weft_peer_limit_reached_total} and {@code weft_peer_trouble}, and for {@code weft proxy-status}.
 * What it remembers is bounded. Safe from any thread.
 */
public final class PeerLimits {
  private static final int NAME = 400;
  private static final int TEXT = 2_000;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private final MeterRegistry meters;
  private final LongSupplier utcMillis;
  private final Map<PeerLimit, Counter> reached = new EnumMap<>(PeerLimit.class);

  // Guarded by this; the one that was heard of last is last.
  private final Map<Key, Trouble> troubles = new LinkedHashMap<>();
  private final Map<Key, Gauge> exported = new HashMap<>();

  private record Key(String peer, PeerLimit limit) {}

  /**
   * @param utcMillis the clock that stamps, in milliseconds since 1970
   */
  public PeerLimits(MeterRegistry meters, LongSupplier utcMillis) {
    this.meters = meters;
    this.utcMillis = utcMillis;
    for (PeerLimit limit : PeerLimit.values()) {
      if (limit.counted()) {
        reached.put(
            limit,
            Counter.builder("weft.peer.limit.reached")
                .description("Times that somebody who calls the control plane reached a limit")
                .tag("limit", limit.label())
                .register(meters));
      }
    }
    Gauge.builder("weft.peer.troubles", this, PeerLimits::count)
        .description("Callers of the control plane that reached a limit within ten minutes")
        .register(meters);
  }

  /** It was reached, by nobody who could be named. */
  public void reached(PeerLimit limit) {
    Counter counter = reached.get(limit);
    if (counter != null) {
      counter.increment();
    }
  }

  /**
   * A peer has reached it.
   *
   * @param peer what it is called
   * @param address where it calls from
   * @param message what it does, and what to do about it
   */
  public void reached(PeerLimit limit, String peer, String address, String message) {
    reached(limit);
    note(limit, shown(peer, NAME), shown(address, NAME), shown(message, TEXT), 1);
  }

  /** A peer is about to reach it, or goes on being beyond it: nothing to count. */
  public void goesOn(PeerLimit limit, String peer, String address, String message) {
    note(limit, shown(peer, NAME), shown(address, NAME), shown(message, TEXT), 0);
  }

  /** A peer that was about to reach it is not any more; what it has reached stays known. */
  public synchronized void wellAgain(PeerLimit limit, String peer) {
    var key = new Key(shown(peer, NAME), limit);
    Trouble known = troubles.get(key);
    if (known != null && known.times() == 0) {
      forget(key);
    }
  }

  /** Much of it was said by whoever reached the limit: it is cut, and harms no terminal. */
  private static String shown(String said, int most) {
    String text = said.length() <= most ? said : said.substring(0, most) + "...";
    return CONTROL.matcher(text).replaceAll("?");
  }

  private void note(PeerLimit limit, String peer, String address, String message, int times) {
    long now = utcMillis.getAsLong();
    synchronized (this) {
      forgetOld(now);
      var key = new Key(peer, limit);
      Trouble known = troubles.remove(key);
      troubles.put(
          key,
          new Trouble(
              peer,
              address,
              limit,
              message,
              known == null ? times : known.times() + times,
              known == null ? now : known.firstMillis(),
              now));
      if (troubles.size() > PeerLimit.TROUBLES.intValue()) {
        forget(troubles.keySet().iterator().next());
      }
      if (!exported.containsKey(key) && exported.size() < PeerLimit.TROUBLES_EXPORTED.intValue()) {
        exported.put(
            key,
            Gauge.builder("weft.peer.trouble", () -> 1)
                .description("1 for each such caller by name, of the first 20")
                .tag("peer", peer)
                .tag("limit", limit.label())
                .register(meters));
      }
    }
  }

  /** All that is remembered, those that were heard of last first. */
  public synchronized List<Trouble> recent() {
    forgetOld(utcMillis.getAsLong());
    var all = new ArrayList<>(troubles.values());
    all.sort(Comparator.comparingLong(Trouble::lastMillis).reversed());
    return all;
  }

  /** How many are remembered. */
  public synchronized int count() {
    return troubles.size();
  }

  /** Forgets what is old; to be called now and then. */
  public synchronized void tick() {
    forgetOld(utcMillis.getAsLong());
  }

  /** The same by peer. */
  public Map<String, List<Trouble>> byPeer() {
    return recent().stream()
        .collect(Collectors.groupingBy(Trouble::peer, LinkedHashMap::new, Collectors.toList()));
  }

  private void forgetOld(long now) {
    long from = now - PeerLimit.TROUBLE_TIME.time().toMillis();
    while (!troubles.isEmpty()) {
      Map.Entry<Key, Trouble> oldest = troubles.entrySet().iterator().next();
      if (oldest.getValue().lastMillis() >= from) {
        return;
      }
      forget(oldest.getKey());
    }
  }

  private void forget(Key key) {
    troubles.remove(key);
    Gauge gauge = exported.remove(key);
    if (gauge != null) {
      meters.remove(gauge);
    }
  }
}
