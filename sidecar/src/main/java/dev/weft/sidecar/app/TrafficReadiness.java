package dev.weft.sidecar.app;

import dev.weft.proto.registry.v1.Readiness;
import dev.weft.sidecar.discovery.DiscoveryStatus;
import dev.weft.sidecar.registration.AppProbe;
import dev.weft.sidecar.registration.Registrar;
import dev.weft.sidecar.telemetry.Logs;

/**
 * Whether a sidecar should get traffic, and the registry's knowledge of it. Control loop, but for
 * what is remembered and the leave, which any thread may read and begin.
 */
final class TrafficReadiness {
  private static final System.Logger LOG = Logs.of(TrafficReadiness.class);

  private final Sidecar sidecar;
  private volatile boolean draining;
  private volatile DiscoveryStatus lastStatus = DiscoveryStatus.NONE;
  private volatile boolean lastReady;

  TrafficReadiness(Sidecar sidecar) {
    this.sidecar = sidecar;
  }

  /** What the probe of the application has found out. */
  void onApp(boolean ready, String reason) {
    LOG.log(
        System.Logger.Level.INFO,
        "application {0}",
        ready ? "is ready" : "is not ready: " + reason);
    tell();
  }

  /** Has the registry know, if it does not yet. */
  void tell() {
    Registrar registrar = sidecar.registrar();
    if (registrar == null) {
      return;
    }
    String reason = problem();
    registrar.readiness(
        draining ? Readiness.DRAINING : reason.isEmpty() ? Readiness.READY : Readiness.NOT_READY,
        reason);
  }

  /** Why it should get no traffic; empty when it should. */
  String problem() {
    if (draining) {
      return "draining";
    }
    DiscoveryStatus status = sidecar.discovery().status();
    if (!status.configured()) {
      return "no configuration yet, and none on disk: " + status.problem();
    }
    Registrar registrar = sidecar.registrar();
    if (registrar != null && registrar.state() == Registrar.State.SUPERSEDED) {
      return registrar.problem();
    }
    AppProbe probe = sidecar.probe();
    return probe == null || probe.ready() ? "" : probe.reason();
  }

  /** Keeps the present state for the thread of a scrape. */
  void remember() {
    lastStatus = sidecar.discovery().status();
    lastReady = problem().isEmpty();
  }

  /** Any thread: whether it should get traffic, as remembered last. */
  boolean lastReady() {
    return lastReady;
  }

  /** Any thread: what was remembered last. */
  DiscoveryStatus lastStatus() {
    return lastStatus;
  }

  /** Any thread. */
  boolean draining() {
    return draining;
  }

  /** Any thread: from now on it takes leave. */
  void drain() {
    draining = true;
  }
}
