package dev.weft.cli.demo;

import dev.weft.cli.demo.app.HttpCaller;
import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.proto.mesh.v1.NodeStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Queue;

/**
 * The mesh goes on without a control plane, and nothing is thought to have vanished when it is
 * back.
 */
final class ControlPlaneGoneStep implements Step {
  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    ServiceInstance second = mesh.add("frontend", "v1", "frontend-1");
    second.start();
    mesh.awaitReady(second);
    call(second, 20);

    Duration ttl = mesh.backplane().instanceTtl();
    Duration away = ttl.multipliedBy(3).plusSeconds(1);
    List<String> registered = mesh.api().ready();
    ServiceInstance victim = mesh.instance("catalog-v1-2");
    Counts before = load.counts();
    long began = System.nanoTime();
    mesh.backplane().killControlPlane();
    Await.pause(Duration.ofSeconds(1));

    Counts beforeDeath = load.counts();
    victim.killApp();
    victim.killSidecar();
    Await.pause(Duration.ofSeconds(2));
    Counts settled = load.counts();
    Await.pause(Duration.ofSeconds(1));
    report.noneFailed(
        "no control", "kill -9 of " + victim.id() + " meanwhile", load.counts().since(beforeDeath));
    Counts later = load.counts().since(settled);
    report.check(
        "no control",
        later.ofInstance(victim.id()) == 0 && later.ok() > 0,
        String.format("%s is avoided: 0 of %,d requests", victim.id(), later.ok()));

    second.killSidecar();
    long restart = System.nanoTime();
    second.startSidecar();
    boolean serves = Await.until(Duration.ofSeconds(15), () -> call(second, 1) == 1);
    long servesAfterMillis = (System.nanoTime() - restart) / 1_000_000;
    int served = call(second, 100);
    report.check(
        "no control",
        serves && served == 100,
        String.format(
            "a restarted sidecar serves from its disk copy after %,d ms: %d of 100 requests",
            servesAfterMillis, served));

    long left = away.toNanos() - (System.nanoTime() - began);
    if (left > 0) {
      Await.pause(Duration.ofNanos(left));
    }
    report.noneFailed(
        "no control",
        String.format(
            "the control plane was away for %d s (time to live: %d s)",
            (System.nanoTime() - began) / 1_000_000_000, ttl.toSeconds()),
        load.counts().since(before));
    comeBack(mesh, load, report, victim, registered);
    second.leave();
  }

  private static void comeBack(
      DemoMesh mesh, Load load, Report report, ServiceInstance victim, List<String> registered) {
    Counts before = load.counts();
    mesh.backplane().startControlPlane();
    Queue<String> removed = mesh.api().watchRemovals(0);
    int sidecars = registered.size() - 1;
    boolean connected =
        Await.until(
            Duration.ofSeconds(30), () -> synced(mesh.api().nodes().getNodesList()) == sidecars);
    // What is not heard from is removed a full time to live after the control plane began to serve.
    Await.pause(mesh.backplane().instanceTtl().multipliedBy(3));
    List<String> wrong = removed.stream().filter(id -> !id.equals(victim.id())).toList();
    List<String> present = mesh.api().ready();
    List<String> expected = registered.stream().filter(id -> !id.equals(victim.id())).toList();
    report.check(
        "no control",
        connected && wrong.isEmpty() && present.containsAll(expected),
        "back: nothing is thought to have vanished; removed were "
            + removed
            + ", the instance that died is "
            + victim.id());
    if (!present.containsAll(expected)) {
      report.details(List.of("ready before: " + registered, "ready now:    " + present));
    }
    long sent = 0;
    long resumed = 0;
    for (NodeStatus node : mesh.api().nodes().getNodesList()) {
      sent += node.getResourcesSent();
      resumed += node.getResourcesResumed();
    }
    report.check(
        "no control",
        resumed > sent,
        String.format(
            "back: %d sidecars held %d resources already and were sent the %d that changed",
            sidecars, resumed, sent));
    report.noneFailed("no control", "while it came back", load.counts().since(before));
    victim.start();
    mesh.awaitReady(victim);
  }

  private static long synced(List<NodeStatus> nodes) {
    return nodes.stream().filter(node -> node.getState() == NodeStatus.SyncState.SYNCED).count();
  }

  /**
   * How many of that many requests to {@code catalog} through the sidecar's outbound side succeed.
   */
  private static int call(ServiceInstance through, int times) {
    int succeeded = 0;
    try (HttpCaller caller = new HttpCaller(through.outboundPort())) {
      for (int i = 0; i < times; i++) {
        if (caller.get("catalog", "/items").status() == 200) {
          succeeded++;
        }
        caller.takeBody(OutputStream.nullOutputStream());
      }
    } catch (IOException e) {
      return succeeded;
    }
    return succeeded;
  }
}
