package dev.weft.cli.demo;

import dev.weft.cli.demo.app.DemoApp;
import dev.weft.cli.demo.mesh.Backplane;
import dev.weft.cli.demo.mesh.MeshApi;
import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.mesh.ServiceInstance.AppCommand;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The mesh that the demo starts: a control plane, {@code catalog} in two versions, each in a zone
 * of its own, and {@code frontend} in that of the first. Main thread only.
 */
final class DemoMesh implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(90);

  private final Place place;
  private final Children children;
  private final Ports ports = new Ports();
  private final Backplane backplane;
  private final List<ServiceInstance> instances = new ArrayList<>();
  private final ServiceInstance frontend;

  DemoMesh(Place place, boolean onEtcd, Duration instanceTtl, boolean wellKnownPorts) {
    this.place = place;
    children = new Children(place.folder());
    backplane = new Backplane(place, children, ports, onEtcd, instanceTtl, wellKnownPorts);
    add("catalog", "v1", "catalog-v1-0").in(Documents.ZONE_A);
    add("catalog", "v1", "catalog-v1-1").in(Documents.ZONE_A);
    add("catalog", "v2", "catalog-v2-0").in(Documents.ZONE_B);
    frontend = add("frontend", "v1", "frontend-0").in(Documents.ZONE_A);
  }

  /** One more instance, not started yet. */
  ServiceInstance add(String service, String version, String id) {
    ServiceInstance instance =
        new ServiceInstance(
            place,
            children,
            ports,
            backplane.address(),
            service,
            version,
            id,
            app(place, service, version));
    instances.add(instance);
    return instance;
  }

  /** The demo's application. */
  static AppCommand app(Place place, String service, String version) {
    return (id, appPort, outboundPort) -> {
      List<String> command = new ArrayList<>(place.appJvm());
      command.addAll(
          List.of(
              DemoApp.class.getName(),
              service,
              version,
              id,
              String.valueOf(appPort),
              String.valueOf(outboundPort)));
      return command;
    };
  }

  /**
   * Starts everything and returns when every instance is ready and a request has gone through.
   *
   * @throws DemoFailed when that takes too long
   */
  void start() {
    backplane.start();
    api().applyEverywhere("services.yaml", Documents.SERVICES);
    instances.forEach(ServiceInstance::start);
    awaitReady(instances.toArray(ServiceInstance[]::new));
  }

  /** Returns when these are registered and ready. */
  void awaitReady(ServiceInstance... wanted) {
    List<String> ids = List.of(wanted).stream().map(ServiceInstance::id).toList();
    if (!Await.until(READY_LIMIT, () -> api().ready().containsAll(ids))) {
      StringBuilder logs = new StringBuilder();
      for (ServiceInstance instance : wanted) {
        if (!api().ready().contains(instance.id())) {
          logs.append("\n--- ").append(instance.id()).append("-sidecar\n");
          logs.append(backplane.tail(instance.id() + "-sidecar"));
        }
      }
      throw new DemoFailed("not every instance became ready: " + ids + logs);
    }
  }

  /** Returns whether none of these is registered as ready any more within {@code limit}. */
  boolean awaitNotReady(Duration limit, String id) {
    return Await.until(limit, () -> !api().ready().contains(id));
  }

  ServiceInstance instance(String id) {
    return instances.stream().filter(each -> each.id().equals(id)).findFirst().orElseThrow();
  }

  /** Whom the load generator calls. */
  ServiceInstance frontend() {
    return frontend;
  }

  List<ServiceInstance> instances() {
    return instances;
  }

  Backplane backplane() {
    return backplane;
  }

  MeshApi api() {
    return backplane.api();
  }

  Place place() {
    return place;
  }

  /** Whether it is ending. May be read from any thread. */
  boolean closed() {
    return children.closed();
  }

  /** Kills every process. May be called from any thread. */
  @Override
  public void close() {
    children.close();
    backplane.close();
  }
}
