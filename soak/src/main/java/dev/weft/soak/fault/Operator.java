package dev.weft.soak.fault;

import dev.weft.cli.demo.mesh.MeshApi;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.soak.mesh.Settings;
import dev.weft.soak.mesh.SoakDocuments;
import dev.weft.soak.mesh.SoakMesh;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What an operator says to a mesh; each gives what takes it back. Fails with {@link DemoFailed}
 * where the control plane refuses. Main thread only.
 */
final class Operator implements AutoCloseable {
  private static final Duration SETTING_LIMIT = Duration.ofSeconds(5);
  private static final int ALL = 100;

  private final SoakMesh mesh;
  private final Settings settings;
  private final Consumer<String> troubles;

  /**
   * @param troubles told of what was accepted and did not come about
   */
  Operator(SoakMesh mesh, Consumer<String> troubles) {
    this.mesh = mesh;
    this.troubles = troubles;
    settings = new Settings(mesh);
  }

  Runnable drained(String id) {
    SetInstanceOverrideRequest.Builder request =
        SetInstanceOverrideRequest.newBuilder().setNamespace("default").setId(id);
    say(() -> any().override(request.setDrained(true).setReason("soak").build()));
    return () -> say(() -> any().override(request.setDrained(false).build()));
  }

  Runnable weight(String id, int weight) {
    SetInstanceOverrideRequest.Builder request =
        SetInstanceOverrideRequest.newBuilder().setNamespace("default").setId(id);
    say(() -> any().override(request.setWeight(weight).setReason("soak").build()));
    return () -> say(() -> any().override(request.setWeight(0).build()));
  }

  Runnable maintenance(String zone) {
    SetZoneMaintenanceRequest.Builder request =
        SetZoneMaintenanceRequest.newBuilder().setZone(zone);
    say(() -> any().maintain(request.setOn(true).setReason("soak").build()));
    return () -> say(() -> any().maintain(request.setOn(false).build()));
  }

  /**
   * @param amount any number: how the requests are shared
   */
  Runnable route(int amount) {
    int share = amount % (ALL + 1);
    mesh.apply("route.yaml", SoakDocuments.route(share, ALL - share));
    return () -> mesh.apply("route.yaml", SoakDocuments.route(50, 50));
  }

  /**
   * @param choice any number: which balancer
   */
  Runnable policy(String service, int choice) {
    mesh.apply(service + ".yaml", SoakDocuments.policy(service, choice));
    return () -> mesh.apply(service + ".yaml", SoakDocuments.policy(service, 0));
  }

  /** The same, taken back by the history of the document. */
  Runnable policyRolledBack(String service, int choice) {
    return changed("TrafficPolicy", service, SoakDocuments.anotherPolicy(service, choice));
  }

  /**
   * A new value for a share of the instances, which those have and no others do.
   *
   * @param amount any number: the share
   */
  Runnable released(int amount) {
    int percent = 1 + amount % ALL;
    Runnable back = changed("ConfigEntry", SoakDocuments.SETTING, SoakDocuments.setting(percent));
    Map<String, String> expected = settings.expected(percent);
    if (!Await.until(SETTING_LIMIT, () -> settings.present().equals(expected))) {
      troubles.accept(
          "released to "
              + percent
              + "%, the entry is "
              + settings.present()
              + " after "
              + SETTING_LIMIT.toSeconds()
              + " s, and not "
              + expected);
    }
    return back;
  }

  private Runnable changed(String kind, String name, String manifest) {
    MeshApi api = any();
    long before =
        api.policies().getPoliciesList().stream()
            .filter(each -> each.getKey().getKind().equals(kind))
            .filter(each -> each.getKey().getName().equals(name))
            .findFirst()
            .orElseThrow(() -> new DemoFailed("there is no " + kind + " " + name))
            .getRevision();
    api.applyEverywhere(name + ".yaml", manifest);
    return () -> any().rollBackEverywhere(kind, name, before);
  }

  private MeshApi any() {
    return mesh.replicas().getFirst().api();
  }

  private static void say(Runnable word) {
    try {
      word.run();
    } catch (StatusRuntimeException e) {
      throw new DemoFailed("the control plane refuses an operator's word: " + e.getStatus());
    }
  }

  @Override
  public void close() {
    settings.close();
  }
}
