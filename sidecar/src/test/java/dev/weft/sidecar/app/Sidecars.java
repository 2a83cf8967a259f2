package dev.weft.sidecar.app;

import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.app.options.SidecarOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sidecars as they are started in earnest, on free ports. */
final class Sidecars {
  private Sidecars() {}

  /**
   * The first instance of a service.
   *
   * @param more flags
   */
  static Sidecar start(FakeControlPlane controlPlane, String service, List<String> more)
      throws IOException {
    return Sidecar.start(options(controlPlane, service, more));
  }

  static SidecarOptions options(FakeControlPlane controlPlane, String service, List<String> more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "--node-id=" + service + "-0",
                "--service=" + service,
                "--control-plane=" + controlPlane.address(),
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0"));
    arguments.addAll(more);
    return SidecarOptions.parse(arguments, Map.of());
  }
}
