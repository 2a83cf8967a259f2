package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.process.Await;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.registry.v1.Instance;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;

/** etcd is killed and restarted under load: nothing fails and nothing is lost. */
final class EtcdStep implements Step {
  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    List<String> before = known(mesh);
    Counts start = load.counts();
    long began = System.nanoTime();
    mesh.backplane().killEtcd();
    Duration away = mesh.backplane().instanceTtl().plusSeconds(2);
    Await.pause(away);
    mesh.backplane().startEtcd();
    boolean writes = Await.until(Duration.ofSeconds(30), () -> applied(mesh));
    report.check(
        "etcd",
        writes,
        String.format(
            "killed, restarted after %d s, a change applied after %,d ms",
            away.toSeconds(), (System.nanoTime() - began) / 1_000_000));
    // Longer than any time to live, so that whatever is thought to be lost has been removed.
    Await.pause(mesh.backplane().instanceTtl().multipliedBy(3));
    List<String> after = known(mesh);
    report.check(
        "etcd", before.equals(after), "the registry is as it was: " + after.size() + " entries");
    if (!before.equals(after)) {
      report.details(List.of("before: " + before, "after:  " + after));
    }
    report.noneFailed("etcd", "meanwhile", load.counts().since(start));
  }

  private static boolean applied(DemoMesh mesh) {
    try {
      ApplyResponse response = mesh.api().apply("canary-40-60.yaml", Documents.canary(40, 60));
      return response.getResultsCount() == 1;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Every instance with its incarnation, and every document by its name. */
  private static List<String> known(DemoMesh mesh) {
    List<String> known =
        new java.util.ArrayList<>(
            mesh.api().instances().getInstancesList().stream()
                .map(EtcdStep::describe)
                .sorted()
                .toList());
    mesh.api()
        .policies()
        .getPoliciesList()
        .forEach(policy -> known.add(policy.getKey().getKind() + "/" + policy.getKey().getName()));
    return known;
  }

  private static String describe(Instance instance) {
    return instance.getId() + " " + instance.getIncarnation() + " " + instance.getReadiness();
  }
}
