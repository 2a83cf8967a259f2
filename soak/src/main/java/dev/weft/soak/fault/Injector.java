package dev.weft.soak.fault;

import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.app.Mood;
import dev.weft.soak.churn.HostileCallers;
import dev.weft.soak.churn.SimulatedHost;
import dev.weft.soak.mesh.Link;
import dev.weft.soak.mesh.Link.Direction;
import dev.weft.soak.mesh.Replica;
import dev.weft.soak.mesh.Settings;
import dev.weft.soak.mesh.SoakMesh;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Strikes a mesh, and heals it. Main thread only. */
public final class Injector implements AutoCloseable {
  private static final Duration MOOD_LIMIT = Duration.ofSeconds(5);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(20);
  private static final int LEAST_DELAY_MILLIS = 30;
  private static final int DELAY_MILLIS = 120;
  private static final int LEAST_TRICKLE_BYTES = 2000;
  private static final int TRICKLE_BYTES = 4;
  private static final int LEAST_SLOW_MILLIS = 100;
  private static final int SLOW_MILLIS = 500;
  private static final int LEAST_BURST = 50;
  private static final int BURST = 250;
  private static final String BURST_HOST = "127.0.0.8";

  private final SoakMesh mesh;
  private final Consumer<String> troubles;
  private final Operator operator;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(MOOD_LIMIT).build();

  /**
   * @param troubles told of what is wrong, and does not keep the fault from being healed
   */
  public Injector(SoakMesh mesh, Consumer<String> troubles) {
    this.mesh = mesh;
    this.troubles = troubles;
    operator = new Operator(mesh, troubles);
  }

  /** What there is to strike. */
  public MeshPlan plan() {
    List<MeshPlan.Service> services = new ArrayList<>();
    for (String service : List.of(SoakMesh.FRONTEND, SoakMesh.CALLEE)) {
      services.add(
          new MeshPlan.Service(
              service,
              mesh.instances().values().stream()
                  .filter(instance -> instance.service().equals(service))
                  .map(ServiceInstance::id)
                  .toList()));
    }
    return new MeshPlan(
        mesh.replicas().stream().map(Replica::name).toList(),
        services,
        mesh.edges().stream().map(edge -> edge.name()).toList(),
        SoakMesh.zoneNames(),
        List.copyOf(mesh.links().keySet()),
        Settings.KEY);
  }

  /** Names of processes whose instance registers anew because of this fault. */
  public List<String> replaced(Fault fault) {
    return switch (fault.kind()) {
      case SIDECAR_KILLED, APP_KILLED, INSTANCE_RESTARTED -> List.of(fault.target());
      default -> List.of();
    };
  }

  /**
   * Strikes, waits as long as the fault lasts, and heals what it has struck.
   *
   * @throws DemoFailed when something does not start again, or a change is refused: what was struck
   *     may not be healed then
   */
  public void carryOut(Fault fault) {
    Runnable healing =
        switch (fault.kind()) {
          case ZONE_ILL -> zoneIll(fault.target());
          case APP_ILL -> mood(fault.target(), Mood.ILL);
          case APP_SLOW ->
              mood(fault.target(), Mood.SLOW + (LEAST_SLOW_MILLIS + fault.amount() % SLOW_MILLIS));
          case REPLICA_KILLED -> replicaKilled(mesh.replica(fault.target()));
          case REPLICAS_ROLLED -> replicasRolled(fault.target());
          case ETCD_KILLED -> etcdKilled();
          case ETCD_PAUSED -> etcdPaused();
          case ETCD_RESTARTED -> etcdRestarted();
          case LINK_DELAYED, LINK_CUT, LINK_SILENT, LINK_ONE_WAY, LINK_TRICKLES -> link(fault);
          case APP_KILLED -> appKilled(mesh.instance(fault.target()));
          case SIDECAR_KILLED -> sidecarKilled(fault.target());
          case INSTANCE_RESTARTED -> restarted(fault.target());
          case INSTANCE_DRAINED -> operator.drained(fault.target());
          case ZONE_MAINTENANCE -> operator.maintenance(fault.target());
          case WEIGHT_CHANGED -> operator.weight(fault.target(), 1 + fault.amount());
          case ROUTE_CHANGED -> operator.route(fault.amount());
          case POLICY_CHANGED -> operator.policy(fault.target(), fault.amount());
          case POLICY_ROLLED_BACK -> operator.policyRolledBack(fault.target(), fault.amount());
          case CONFIG_RELEASED -> operator.released(fault.amount());
          case CHURN_BURST -> burst(fault);
          case CALLER_SLOW, CALLER_HOSTILE -> callers(fault);
        };
    mesh.remember();
    Await.pause(fault.lasts());
    healing.run();
    mesh.remember();
  }

  private Runnable zoneIll(String zone) {
    List<String> there =
        mesh.zones().entrySet().stream()
            .filter(each -> each.getValue().equals(zone))
            .map(Map.Entry::getKey)
            .toList();
    List<Runnable> healings = there.stream().map(id -> mood(id, Mood.ILL)).toList();
    return () -> healings.forEach(Runnable::run);
  }

  private Runnable mood(String id, String mood) {
    tell(id, mood);
    return () -> tell(id, Mood.WELL);
  }

  private void tell(String id, String mood) {
    int port = mesh.instance(id).appPort();
    try {
      HttpResponse<Void> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + mood))
                  .timeout(MOOD_LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() != 200) {
        throw new DemoFailed(id + " answers " + answer.statusCode() + " to " + mood);
      }
    } catch (IOException e) {
      throw new DemoFailed(
          "the application of " + id + " does not answer: " + e + "; logs: " + mesh.logs(id));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailed("interrupted");
    }
  }

  private static Runnable replicaKilled(Replica replica) {
    replica.kill();
    return replica::start;
  }

  private Runnable replicasRolled(String names) {
    for (String name : names.split(", ")) {
      Replica replica = mesh.replica(name);
      if (!replica.leave()) {
        troubles.accept(
            name + " had to be killed: it did not end on SIGTERM; its log: " + mesh.logs(name));
      }
      replica.start();
    }
    return () -> {};
  }

  private Runnable etcdKilled() {
    mesh.etcd().kill();
    return mesh.etcd()::start;
  }

  private Runnable etcdPaused() {
    mesh.etcd().pause();
    return mesh.etcd()::goOn;
  }

  private Runnable etcdRestarted() {
    mesh.etcd().leave();
    mesh.etcd().start();
    return () -> {};
  }

  private Runnable link(Fault fault) {
    Link link = Objects.requireNonNull(mesh.links().get(fault.target()));
    switch (fault.kind()) {
      case LINK_CUT -> link.cut();
      case LINK_SILENT -> link.silence();
      case LINK_ONE_WAY -> link.silence(fault.back() ? Direction.BACK : Direction.THERE);
      case LINK_TRICKLES -> link.trickle(LEAST_TRICKLE_BYTES + fault.amount() * TRICKLE_BYTES);
      default -> link.delay(Duration.ofMillis(LEAST_DELAY_MILLIS + fault.amount() % DELAY_MILLIS));
    }
    return link::mend;
  }

  private static Runnable appKilled(ServiceInstance instance) {
    instance.killApp();
    return instance::startApp;
  }

  private Runnable sidecarKilled(String name) {
    mesh.killSidecar(name);
    return () -> mesh.startSidecar(name);
  }

  private Runnable restarted(String name) {
    if (!mesh.instance(name).leave()) {
      troubles.accept(
          "the sidecar of "
              + name
              + " had to be killed: it did not end on SIGTERM; its log: "
              + mesh.logs(name));
    }
    mesh.startInstance(name);
    return () -> {};
  }

  private Runnable burst(Fault fault) {
    int count = LEAST_BURST + fault.amount() % BURST;
    SimulatedHost host = new SimulatedHost(BURST_HOST, mesh.replica(fault.target()).port());
    List<CompletableFuture<?>> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(host.register("burst-" + i % 7, "burst-" + fault.number() + "-" + i, address(i)));
    }
    awaitAll(begun, "registered at", fault.target());
    return () -> {
      try (host) {
        List<CompletableFuture<?>> ended = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          ended.add(host.end("burst-" + fault.number() + "-" + i));
        }
        awaitAll(ended, "ended at", fault.target());
      }
    };
  }

  private static String address(int i) {
    return "10.9." + i / 250 + "." + (1 + i % 250);
  }

  private static void awaitAll(List<CompletableFuture<?>> all, String what, String replica) {
    try {
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
          .orTimeout(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      throw new DemoFailed(
          "simulated instances are not all "
              + what
              + " "
              + replica
              + (e.getCause() instanceof TimeoutException
                  ? " within " + CALL_LIMIT.toSeconds() + " s"
                  : ": " + e.getCause()));
    }
  }

  private Runnable callers(Fault fault) {
    HostileCallers callers = new HostileCallers(mesh.replica(fault.target()).port());
    if (fault.kind() == FaultKind.CALLER_SLOW) {
      callers.neverRead();
    } else {
      callers.attack(fault.amount());
    }
    return callers::close;
  }

  @Override
  public void close() {
    operator.close();
    http.close();
  }
}
