package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.sidecar.app.Sidecar;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Between a sidecar and two that it calls, which are in the namespace: one of the service that is
 * under load, which has an instance here, too, and one of a service that is nowhere else, so that
 * there is no way around the link.
 */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class PeerFaultsTest extends NetworkFaults {
  private static final int INBOUND = 15006;
  private static final int INBOUND_OF_DISTANT = 15016;
  private static final int APP = 8080;

  private Sidecar frontend;

  @Override
  void start(Path folder) throws Exception {
    ControlPlane controlPlane =
        mesh.controlPlane(new StoreOptions.Embedded(folder.resolve("store")), link.near());
    String address = link.near() + ":" + controlPlane.grpcPort();
    mesh.inside("app", JavaCommand.of("dev.weft.cli.FarApp", String.valueOf(APP), "far"));
    farSidecar("catalog", address, INBOUND);
    farSidecar("distant", address, INBOUND_OF_DISTANT);
    mesh.sidecar("catalog", "catalog-near", address, "--app-port=" + mesh.app("near"));
    frontend = mesh.sidecar("frontend", "frontend-0", address);
    mesh.load(frontend);
  }

  private void farSidecar(String service, String controlPlane, int inbound) throws IOException {
    mesh.inside(
        service,
        JavaCommand.of(
            "dev.weft.sidecar.app.SidecarMain",
            "--node-id=" + service + "-far",
            "--service=" + service,
            "--control-plane=" + controlPlane,
            "--bind=" + link.far(),
            "--inbound-port=" + inbound,
            "--outbound-port=0",
            "--admin-port=0",
            "--app-port=" + APP));
  }

  @Override
  void getsOn(Duration within) {
    mesh.answers("near", 20, within);
    await().atMost(within).until(() -> mesh.call(frontend, "distant") == 200);
  }

  /** Balancing avoids who was slow for a while, so this may take longer than to heal. */
  @Override
  void isUsedAsBefore() {
    getsOn(HEALED);
    mesh.answers("far", 20, LinkedMesh.PATIENCE);
  }

  /** No end says what it misses. */
  @Override
  boolean isConnected() {
    return true;
  }

  /**
   * A request that waits is not left waiting, which the bound of the slowest shows; a connection
   * that nobody waits on may be there until it is old.
   */
  @Override
  void awaitNoticed() {
    await()
        .atMost(LinkedMesh.PATIENCE)
        .untilAsserted(() -> assertThat(mesh.connections(INBOUND)).isEmpty());
    mesh.answers("near", 20, HEALED);
  }

  @Override
  int port() {
    return INBOUND;
  }

  @Override
  Map<String, Long> held() {
    // As many as callers are needed at once, whatever the moment of the look.
    return Map.of(
        "connections that no caller needs",
        Math.max(0L, mesh.connections(INBOUND).size() - LinkedMesh.CALLERS),
        "connections that the one caller does not need",
        Math.max(0L, mesh.connections(INBOUND_OF_DISTANT).size() - 1L),
        "connections of callers that the called end keeps",
        Math.max(0L, mesh.farConnections(INBOUND) - LinkedMesh.CALLERS),
        "connections of the one caller that the called end keeps",
        Math.max(0L, mesh.farConnections(INBOUND_OF_DISTANT) - 1L));
  }
}
