package dev.weft.soak;

import dev.weft.cli.demo.mesh.Backplane;
import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import dev.weft.soak.app.SoakApp;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.mesh.AppJvm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A control plane, callers and callees, each instance a pair of processes. Main thread only. */
final class RolloutMesh implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration TTL = Duration.ofSeconds(5);
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: callee}
      spec:
        selector: {app: callee}
        ports: [{name: http, port: 80}]
      """;

  private final Children children;
  private final Ports ports = new Ports();
  private final Backplane backplane;
  private final AppJvm jvm;
  private final List<ServiceInstance> callers = new ArrayList<>();
  private final List<ServiceInstance> callees = new ArrayList<>();

  RolloutMesh(Place place, int pairs) {
    jvm = AppJvm.train(place.folder());
    children = new Children(place.folder());
    backplane = new Backplane(place, children, ports, false, TTL, false);
    for (int i = 0; i < pairs; i++) {
      callers.add(pair(place, "caller", "caller-" + i));
      callees.add(pair(place, SoakApp.CALLEE, SoakApp.CALLEE + "-" + i));
    }
  }

  private ServiceInstance pair(Place place, String service, String id) {
    return new ServiceInstance(
        place,
        children,
        ports,
        backplane.address(),
        service,
        "v1",
        id,
        (name, appPort, outboundPort) -> jvm.app(service, name, appPort, outboundPort));
  }

  /**
   * Starts everything and returns when every instance is ready.
   *
   * @throws DemoFailed when that takes too long
   */
  void start() {
    backplane.start();
    backplane.api().applyEverywhere("services.yaml", SERVICES);
    List<ServiceInstance> all = all();
    all.forEach(ServiceInstance::start);
    all.forEach(this::awaitReady);
  }

  /**
   * Ends and starts each pair, one at a time, each when the rate is met without a backlog. Who
   * calls the callers is told of one that has gone only when it has gone, and of one that is back
   * when it is ready.
   *
   * @return how many did not end by themselves
   */
  int restartEach(MixedLoad load) {
    int impolite = 0;
    for (ServiceInstance pair : all()) {
      if (!pair.leave()) {
        impolite++;
      }
      load.targets(callers.stream().filter(each -> each != pair).map(port()).toList());
      pair.start();
      awaitReady(pair);
      load.targets(callers.stream().map(port()).toList());
      load.awaitSettled();
    }
    return impolite;
  }

  private static Function<ServiceInstance, Integer> port() {
    return ServiceInstance::inboundPort;
  }

  private void awaitReady(ServiceInstance pair) {
    if (!Await.until(READY_LIMIT, () -> backplane.api().ready().contains(pair.id()))) {
      throw new DemoFailed(
          pair.id()
              + " does not become ready; its sidecar's log ends:\n"
              + backplane.tail(pair.id() + "-sidecar"));
    }
  }

  private List<ServiceInstance> all() {
    var all = new ArrayList<>(callers);
    all.addAll(callees);
    return all;
  }

  int size() {
    return callers.size() + callees.size();
  }

  List<ServiceInstance> callers() {
    return callers;
  }

  @Override
  public void close() {
    children.close();
    backplane.close();
  }
}
