package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.sidecar.app.Sidecar;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Between a control plane and its store, an etcd in the namespace. */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class StoreLinkFaultsTest extends NetworkFaults {
  private static final int ETCD = 2379;

  private ControlPlane controlPlane;
  private Sidecar frontend;

  @Override
  void start(Path folder) throws Exception {
    String url = "http://" + link.far() + ":" + ETCD;
    mesh.inside(
        "etcd",
        List.of(
            "etcd",
            "--data-dir=" + folder.resolve("etcd"),
            "--listen-client-urls=" + url,
            "--advertise-client-urls=" + url,
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync"));
    controlPlane = mesh.controlPlane(new StoreOptions.Etcd(EtcdOptions.of(url)), "127.0.0.1");
    mesh.changeAt("127.0.0.1", controlPlane.grpcPort());
    String address = "127.0.0.1:" + controlPlane.grpcPort();
    mesh.sidecar("catalog", "catalog-0", address, "--app-port=" + mesh.app("catalog-0"));
    frontend = mesh.sidecar("frontend", "frontend-0", address);
    mesh.load(frontend);
  }

  @Override
  void getsOn(Duration within) {
    mesh.changeArrives(frontend, within);
  }

  @Override
  boolean isConnected() {
    return mesh.ready(controlPlane).startsWith("ready at");
  }

  @Override
  void awaitNoticed() {
    await().atMost(NOTICED).until(() -> !isConnected());
  }

  @Override
  int port() {
    return ETCD;
  }

  @Override
  Map<String, Long> held() {
    return Map.of(
        "connections to etcd", (long) mesh.connections(ETCD).size(),
        "streams", metric("weft_discovery_streams"),
        "connections of sidecars", metric("weft_peer_connections"));
  }

  private long metric(String name) {
    double value = LinkedMesh.metric(controlPlane.metricsText(), name);
    assertThat(value).as(name).isNotNaN();
    return Math.round(value);
  }
}
