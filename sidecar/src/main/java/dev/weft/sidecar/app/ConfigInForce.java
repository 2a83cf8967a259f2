package dev.weft.sidecar.app;

import dev.weft.common.config.AppProtocols;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.InboundConfig;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.appconfig.AppValues;
import dev.weft.sidecar.discovery.ConfigListener;
import dev.weft.sidecar.dns.DnsServer;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.proxy.Passthrough;
import dev.weft.sidecar.proxy.Worker;
import java.util.Set;

/**
 * Brings a snapshot to clusters, inbound path and metrics. Control loop, but for {@link #inbound},
 * which workers read, and the time for a scrape.
 */
final class ConfigInForce implements ConfigListener {
  private final Sidecar sidecar;
  private volatile InboundConfig inbound = InboundConfig.DEFAULT;
  private volatile long changedEpochMillis;
  private Set<String> countedClusters = Set.of();

  ConfigInForce(Sidecar sidecar) {
    this.sidecar = sidecar;
  }

  InboundConfig inbound() {
    return inbound;
  }

  /** When the configuration in force changed last; 0: there is none. Any thread. */
  long changedEpochMillis() {
    return changedEpochMillis;
  }

  @Override
  public void prepare(ConfigSnapshot snapshot) {
    // First, so that a cluster whose connections are to be secured can be connected to.
    sidecar.tls().prepare(snapshot);
    sidecar.clusters().update(snapshot);
    SidecarOptions options = sidecar.options();
    inbound =
        snapshot
            .inbound()
            .getOrDefault(options.namespace() + "/" + options.inboundName(), InboundConfig.DEFAULT);
    declareProtocol();
    AppValues values = sidecar.appValues();
    if (values != null) {
      values.update(snapshot.appConfig());
    }
  }

  /** Tells the application's protocol: what this sidecar was told itself, else the registry. */
  void declareProtocol() {
    InboundApp app = sidecar.app();
    SidecarOptions options = sidecar.options();
    if (app != null) {
      app.declare(
          options.appProtocol().isEmpty()
              ? inbound.protocol(options.servicePort())
              : AppProtocols.wireProtocol(options.appProtocol()));
    }
  }

  @Override
  public void inForce(ConfigSnapshot snapshot) {
    changedEpochMillis = System.currentTimeMillis();
    sidecar.clusters().retire(snapshot);
    Set<String> names = snapshot.clusters().keySet();
    if (!names.equals(countedClusters)) {
      countedClusters = names;
      for (Worker worker : sidecar.workers()) {
        worker
            .eventLoop()
            .execute(
                () ->
                    worker
                        .telemetry()
                        .retainClusters(
                            name ->
                                name.equals(InboundApp.CLUSTER)
                                    || name.equals(Passthrough.NAME)
                                    || names.contains(name)));
      }
    }
    DnsServer dns = sidecar.listeners().dns();
    if (dns != null) {
      dns.changed();
    }
    sidecar.readiness().tell();
  }
}
