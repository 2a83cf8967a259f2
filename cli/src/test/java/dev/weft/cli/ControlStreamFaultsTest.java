package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.app.Sidecar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Between sidecars and a control plane, which is in the namespace. */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class ControlStreamFaultsTest extends NetworkFaults {
  private static final int GRPC = 7700;
  private static final int METRICS = 7701;

  private Process controlPlane;
  private Sidecar frontend;

  @Override
  void start(Path folder) throws Exception {
    controlPlane =
        mesh.inside(
            "control-plane",
            JavaCommand.of(
                "dev.weft.controlplane.app.ControlPlaneMain",
                "--store=embedded",
                "--data-dir=" + folder.resolve("store"),
                "--bind=" + link.far(),
                "--grpc-port=" + GRPC,
                "--metrics-port=" + METRICS,
                "--instance-ttl=10s",
                "--kubernetes=off"));
    await()
        .atMost(LinkedMesh.PATIENCE)
        .until(() -> mesh.far(METRICS, "/ready").startsWith("ready at"));
    mesh.changeAt(link.far(), GRPC);
    String address = link.far() + ":" + GRPC;
    mesh.sidecar("catalog", "catalog-0", address, "--app-port=" + mesh.app("catalog-0"));
    frontend = mesh.sidecar("frontend", "frontend-0", address);
    mesh.load(frontend);
    await().atMost(LinkedMesh.PATIENCE).until(() -> streams() == 2);
  }

  @Override
  void getsOn(Duration within) {
    mesh.changeArrives(frontend, within);
  }

  @Override
  boolean isConnected() {
    return mesh.metric(frontend, "weft_control_plane_connected") == 1 && streams() == 2;
  }

  @Override
  void awaitNoticed() {
    long begin = System.nanoTime();
    await("the sidecar to notice")
        .atMost(NOTICED)
        .until(() -> mesh.metric(frontend, "weft_control_plane_connected") == 0);
    await("the control plane to notice")
        .atMost(NOTICED.minusNanos(System.nanoTime() - begin))
        .until(() -> streams() == 0);
  }

  @Override
  int port() {
    return GRPC;
  }

  @Override
  Map<String, Long> held() {
    try {
      return Map.of(
          "streams", farMetric("weft_discovery_streams"),
          "connections that the control plane has", farMetric("weft_peer_connections"),
          "connections that the sidecars have", (long) mesh.connections(GRPC).size(),
          "bytes that were not read", farMetric("weft_discovery_unread_bytes"),
          "full resyncs", farMetric("weft_discovery_full_resyncs_total"),
          "descriptors of the control plane", LinkedMesh.descriptors(controlPlane));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Not a number: it did not say. */
  private double streams() {
    return mesh.farMetric(METRICS, "weft_discovery_streams");
  }

  private long farMetric(String name) {
    double value = mesh.farMetric(METRICS, name);
    assertThat(value).as(name).isNotNaN();
    return Math.round(value);
  }
}
