package dev.weft.sidecar.cluster;

import dev.weft.sidecar.telemetry.Logs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

/** Passive health of one cluster: what becomes of the workers' reports. Control loop only. */
final class OutlierDetection {
  private static final Logger LOG = Logs.of(OutlierDetection.class);

  private final String cluster;

  OutlierDetection(String cluster) {
    this.cluster = cluster;
  }

  /** Returns whether a new picker is needed. */
  boolean fold(Collection<EndpointTracker> endpoints, long nowNanos) {
    boolean changed = false;
    for (EndpointTracker endpoint : endpoints) {
      changed |= fold(endpoint, endpoints, nowNanos);
    }
    return changed;
  }

  private boolean fold(EndpointTracker endpoint, Collection<EndpointTracker> all, long nowNanos) {
    Ejection ejection = endpoint.ejection();
    boolean asked = endpoint.takeEjectRequest();
    if (ejection.admitted()) {
      ejection.forgive(endpoint.outlier(), nowNanos);
      return asked && tryEject(endpoint, all, nowNanos);
    }
    // Somebody was served by a request begun after the ejection: it was wrong, or is over.
    if (endpoint.servedSince(ejection.ejectedAtNanos())) {
      admit(endpoint, nowNanos);
      return true;
    }
    if (ejection.state() == Ejection.State.PROBING) {
      if (!endpoint.failedSince(ejection.sinceNanos())) {
        return false;
      }
      eject(endpoint, "the probing request failed", nowNanos);
      return true;
    }
    if (nowNanos - ejection.untilNanos() < 0) {
      return false;
    }
    ejection.probe(nowNanos);
    endpoint.allowProbe(nowNanos);
    return true;
  }

  /** Back as a newcomer: at average cost, avoided by nobody. */
  void admit(EndpointTracker endpoint, long nowNanos) {
    endpoint.ejection().admit(nowNanos);
    endpoint.begin(nowNanos);
    LOG.log(Level.INFO, () -> "%s: %s is back".formatted(cluster, endpoint));
  }

  /** Says what an active check found out about an endpoint whose ejection had ended. */
  void onProbed(EndpointTracker endpoint, boolean healthy, long nowNanos) {
    if (healthy) {
      admit(endpoint, nowNanos);
    } else {
      eject(endpoint, "the active check after an ejection failed", nowNanos);
    }
  }

  private boolean tryEject(
      EndpointTracker endpoint, Collection<EndpointTracker> all, long nowNanos) {
    int out = 1;
    for (EndpointTracker other : all) {
      if (!other.ejection().admitted()) {
        out++;
      }
    }
    int most = all.size() * endpoint.outlier().maxEjectionPercent() / 100;
    if (out > (all.size() >= 2 ? Math.max(1, most) : most)) {
      endpoint.count(Stat.EJECTIONS_OVERFLOW);
      return false;
    }
    eject(endpoint, endpoint.outlier().consecutiveFailures() + " failures in a row", nowNanos);
    return true;
  }

  private void eject(EndpointTracker endpoint, String reason, long nowNanos) {
    Ejection ejection = endpoint.ejection();
    ejection.eject(endpoint.outlier(), reason, nowNanos);
    endpoint.count(Stat.EJECTIONS);
    LOG.log(
        Level.INFO,
        () ->
            "%s: %s is ejected for %d ms: %s"
                .formatted(
                    cluster,
                    endpoint,
                    TimeUnit.NANOSECONDS.toMillis(ejection.untilNanos() - nowNanos),
                    reason));
  }
}
