package dev.weft.controlplane.limit;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A rate that is allowed to each host for itself, of which what ten seconds are worth may come at
 * once. Remembers 10,000 hosts; beyond that, the one that was heard of longest ago begins anew.
 * Safe from any thread.
 */
public final class HostRates {
  private static final int AT_ONCE_SECONDS = 10;

  private static final int HOSTS = 10_000;

  private final double perSecond;

  // Guarded by this.
  private final Map<String, Allowance> hosts = new LinkedHashMap<>(16, 0.75f, true);

  public HostRates(PeerLimit rate) {
    this.perSecond = rate.value();
  }

  /** Takes one of a host's; false: it has none left. */
  public synchronized boolean take(String host, long nowNanos) {
    Allowance allowance =
        hosts.computeIfAbsent(
            host, _ -> new Allowance(perSecond * AT_ONCE_SECONDS, perSecond, nowNanos));
    if (hosts.size() > HOSTS) {
      hosts.remove(hosts.keySet().iterator().next());
    }
    return allowance.take(nowNanos);
  }
}
