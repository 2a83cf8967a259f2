package dev.weft.soak.mesh;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import dev.weft.soak.app.SoakApp;
import dev.weft.soak.watch.ProcessWatch.Watched;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Two zones. In each a sidecar that calls {@code frontend}, an instance of that, and two of {@code
 * callee}, which {@code frontend} calls; two replicas of the control plane on one etcd. Half of
 * {@code callee} is reached over links, and so are the control plane and etcd. Main thread only,
 * but for what says otherwise.
 */
public final class SoakMesh implements AutoCloseable {
  /** Calls {@link #CALLEE}, and is called by the edge. */
  public static final String FRONTEND = "frontend";

  public static final String CALLEE = SoakApp.CALLEE;

  /** So soon an instance is missed that a fault may be long enough for that. */
  public static final Duration SHORT_TTL = Duration.ofSeconds(5);

  private static final Duration READY_LIMIT = Duration.ofSeconds(90);
  private static final List<String> ZONES = List.of("eu-a", "eu-b");

  private final Place place;
  private final Children children;
  private final Ports ports = new Ports();
  private final AppJvm jvm;
  private final EtcdProcess etcd;
  private final List<Replica> replicas = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();
  private final Map<String, Link> links = new LinkedHashMap<>();
  private final Map<String, ServiceInstance> instances = new LinkedHashMap<>();
  private final Map<String, String> zones = new LinkedHashMap<>();
  private final Map<String, List<String>> moreFlags = new LinkedHashMap<>();
  private final Map<String, Integer> configPorts = new LinkedHashMap<>();

  /** What should be alive; replaced by the main thread, read by any. */
  private volatile List<Watched> processes = List.of();

  /**
   * Nothing is started yet but links.
   *
   * @param ttl of instances
   */
  public SoakMesh(Place place, Duration ttl) {
    this.place = place;
    jvm = AppJvm.train(place.folder());
    children = new Children(place.folder());
    etcd = new EtcdProcess(place, children, ports);
    for (int i = 0; i < 2; i++) {
      String name = "control-plane-" + i;
      int toEtcd = link(name + " to etcd", "127.0.0.1", ports.next(), etcd.port());
      replicas.add(new Replica(place, children, ports, name, toEtcd, ttl));
    }
    List<String> addresses = new ArrayList<>();
    for (Replica replica : replicas) {
      addresses.add(
          "127.0.0.1:"
              + link("sidecars to " + replica.name(), "127.0.0.1", ports.next(), replica.port()));
    }
    String controlPlanes = String.join(",", addresses);
    for (String zone : ZONES) {
      String letter = zone.substring(zone.length() - 1);
      edges.add(new Edge(place, children, ports, "edge-" + letter, "eu/" + zone, controlPlanes));
      instance(FRONTEND, "v1", "frontend-" + letter, zone, controlPlanes);
      instance(CALLEE, "v1", "callee-" + letter + "-1", zone, controlPlanes);
      ServiceInstance far = instance(CALLEE, "v2", "callee-" + letter + "-2", zone, controlPlanes);
      String address = "127.0.0." + (11 + links.size());
      link("callers to " + far.id(), address, far.inboundPort(), far.inboundPort());
      flags(far.id(), "--address", address);
    }
  }

  private int link(String name, String address, int port, int target) {
    links.put(name, new Link(name, address, port, target));
    return port;
  }

  private ServiceInstance instance(
      String service, String version, String id, String zone, String controlPlanes) {
    ServiceInstance instance =
        new ServiceInstance(
                place,
                children,
                ports,
                controlPlanes,
                service,
                version,
                id,
                (name, appPort, outboundPort) -> jvm.app(service, name, appPort, outboundPort))
            .in("eu/" + zone);
    instances.put(id, instance);
    zones.put(id, zone);
    configPorts.put(id, ports.next());
    flags(id, "--config-port", String.valueOf(configPorts.get(id)));
    return instance;
  }

  private void flags(String id, String... more) {
    moreFlags.computeIfAbsent(id, ignored -> new ArrayList<>()).addAll(List.of(more));
  }

  /**
   * Starts everything and returns when every instance is ready.
   *
   * @throws DemoFailed when that takes too long
   */
  public void start() {
    etcd.start();
    replicas.forEach(Replica::start);
    apply("services.yaml", SoakDocuments.SERVICES);
    apply("frontend.yaml", SoakDocuments.policy(FRONTEND, 0));
    apply("callee.yaml", SoakDocuments.policy(CALLEE, 0));
    apply("route.yaml", SoakDocuments.route(50, 50));
    apply("setting.yaml", SoakDocuments.setting(0));
    edges.forEach(Edge::start);
    instances.keySet().forEach(this::startInstance);
    instances.keySet().forEach(this::awaitReady);
    remember();
  }

  /** Application and sidecar. */
  public void startInstance(String name) {
    instance(name).startApp();
    startSidecar(name);
  }

  /** Of an instance or an edge. */
  public void startSidecar(String name) {
    ServiceInstance instance = instances.get(name);
    if (instance == null) {
      edge(name).start();
    } else {
      instance.startSidecar(moreFlags.getOrDefault(name, List.of()));
    }
  }

  /**
   * @throws DemoFailed when it takes more than 90 s
   */
  public void awaitReady(String name) {
    if (!Await.until(
        READY_LIMIT, () -> replicas.stream().anyMatch(it -> it.api().ready().contains(name)))) {
      throw new DemoFailed(name + " does not become ready; logs: " + logs(name));
    }
  }

  /**
   * Applies to the first replica that answers and waits until it is in force at its sidecars.
   *
   * @throws DemoFailed when it is refused, or is not in force in time
   */
  public void apply(String name, String manifest) {
    Replica any =
        replicas.stream()
            .filter(Replica::alive)
            .findFirst()
            .orElseThrow(() -> new DemoFailed("no replica is alive to apply " + name));
    any.api().applyEverywhere(name, manifest);
  }

  /** Where to read what a process has printed. */
  public String logs(String name) {
    return instances.containsKey(name)
        ? log(name) + ", " + log(name + "-sidecar")
        : log(name).toString();
  }

  private Path log(String name) {
    return children.log(name);
  }

  /** To be called when processes were started or ended: from now on these are watched. */
  public void remember() {
    List<Watched> now = new ArrayList<>();
    if (etcd.alive()) {
      now.add(new Watched("etcd", etcd.pid()));
    }
    for (Replica replica : replicas) {
      if (replica.alive()) {
        now.add(new Watched(replica.name(), replica.pid()));
      }
    }
    for (Edge edge : edges) {
      if (edge.alive()) {
        now.add(new Watched(edge.name(), edge.pid()));
      }
    }
    for (ServiceInstance instance : instances.values()) {
      if (instance.appAlive()) {
        now.add(new Watched(instance.id(), instance.appPid()));
      }
      if (instance.sidecarAlive()) {
        now.add(new Watched(instance.id() + "-sidecar", instance.sidecarPid()));
      }
    }
    processes = List.copyOf(now);
  }

  /** Of Weft and etcd those that are alive, and of the applications. Any thread may ask. */
  public List<Watched> processes() {
    return processes;
  }

  /** Names of processes that should be alive and are not. */
  public List<String> dead() {
    List<String> dead = new ArrayList<>();
    if (!etcd.alive()) {
      dead.add("etcd");
    }
    replicas.stream().filter(it -> !it.alive()).forEach(it -> dead.add(it.name()));
    edges.stream().filter(it -> !it.alive()).forEach(it -> dead.add(it.name()));
    for (ServiceInstance instance : instances.values()) {
      if (!instance.appAlive()) {
        dead.add(instance.id());
      }
      if (!instance.sidecarAlive()) {
        dead.add(instance.id() + "-sidecar");
      }
    }
    return dead;
  }

  public EtcdProcess etcd() {
    return etcd;
  }

  public List<Replica> replicas() {
    return replicas;
  }

  public Replica replica(String name) {
    return replicas.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
  }

  public List<Edge> edges() {
    return edges;
  }

  private Edge edge(String name) {
    return edges.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
  }

  /** {@code kill -9} of the sidecar of an instance or an edge. */
  public void killSidecar(String name) {
    ServiceInstance instance = instances.get(name);
    if (instance == null) {
      edge(name).kill();
    } else {
      instance.killSidecar();
    }
  }

  public Map<String, ServiceInstance> instances() {
    return instances;
  }

  public ServiceInstance instance(String name) {
    ServiceInstance instance = instances.get(name);
    if (instance == null) {
      throw new IllegalArgumentException("no instance \"" + name + "\"");
    }
    return instance;
  }

  /** By instance. */
  public Map<String, String> zones() {
    return zones;
  }

  /** Where an instance's application asks for its configuration, by instance. */
  Map<String, Integer> configPorts() {
    return configPorts;
  }

  public Map<String, Link> links() {
    return links;
  }

  public static List<String> zoneNames() {
    return ZONES;
  }

  /** Where the generator sends requests. */
  public List<Integer> ports() {
    return edges.stream().map(Edge::outboundPort).toList();
  }

  /**
   * Whether a request that was sent to an edge in this time was lost with its process. Any thread
   * may ask.
   */
  public boolean lostWithEdge(int port, long began, long ended) {
    return edges.stream()
        .anyMatch(edge -> edge.outboundPort() == port && edge.killedWithin(began, ended));
  }

  @Override
  public void close() {
    children.close();
    links.values().forEach(Link::close);
    replicas.forEach(Replica::close);
  }
}
