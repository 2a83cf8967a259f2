package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;

/**
 * The example's shop in a namespace of the mesh, and the example's load on it: {@code load} calls
 * {@code frontend}, which calls {@code catalog}, each behind its sidecar; nobody sends a request
 * twice but sidecars. For one thread.
 */
final class Shop {
  static final List<String> SERVED = List.of("frontend", "catalog-v1", "catalog-v2");

  /** Requests that must go well after a fault, so that what it left behind would be seen. */
  private static final int AFTERWARDS = 200;

  private static final String LOG_LINES = "--tail=60";
  private static final Pattern LINE =
      Pattern.compile("^ok (\\d+), failed (\\d+), broken off (\\d+), versions \\{(.*)}$");

  private final Cluster cluster;

  /**
   * What has become of the requests so far.
   *
   * @param versions complete answers by version of the catalog
   */
  record Counts(long ok, long failed, long brokenOff, Map<String, Long> versions) {
    long ofVersion(String version) {
      return versions.getOrDefault(version, 0L);
    }
  }

  private Shop(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Brings it into a namespace; returns when it serves. */
  static Shop open(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(InstalledMesh.example("shop.yaml", cluster));
    cluster.kubectl("scale", "deployment/frontend", "--replicas=2");
    Shop shop = new Shop(cluster);
    SERVED.forEach(shop::awaitRollout);
    cluster.apply(InstalledMesh.example("load.yaml", cluster));
    shop.awaitRollout("load");
    shop.awaitAnswers(0);
    return shop;
  }

  /** Restarts everything but the load; returns when nothing of the old is left. */
  void restart() {
    String before = pods();
    SERVED.forEach(name -> cluster.kubectl("rollout", "restart", "deployment/" + name));
    SERVED.forEach(this::awaitRollout);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> before.lines().noneMatch(pods().lines().toList()::contains));
  }

  private String pods() {
    return cluster.kubectl(
        "get",
        "pods",
        "-l",
        "app!=load",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}");
  }

  private void awaitRollout(String deployment) {
    cluster.kubectl("rollout", "status", "deployment/" + deployment, "--timeout=140s");
  }

  /** Does something, after which and while which no request may fail. */
  void losesNothingBy(Executable fault) throws Exception {
    Counts before = counts();
    try {
      fault.execute();
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    awaitAnswers(counts().ok());
    Counts after = counts();
    assertThat(after.failed() + after.brokenOff() - before.failed() - before.brokenOff())
        .as(
            "failed of %s requests:%n%s",
            after.ok() - before.ok(),
            cluster.kubectl("logs", "deployment/load", "--container=load", "--tail=300"))
        .isZero();
  }

  /** Returns when enough requests have gone well since there were {@code ok}. */
  void awaitAnswers(long ok) {
    await().atMost(InstalledMesh.PATIENCE).until(() -> counts().ok() >= ok + AFTERWARDS);
  }

  /** Returns when all of the last requests have been answered by one version of the catalog. */
  void awaitOnly(String version) {
    await()
        .pollInterval(Duration.ofSeconds(2))
        .atMost(InstalledMesh.PATIENCE)
        .until(
            () -> {
              Counts first = counts();
              awaitAnswers(first.ok());
              Counts then = counts();
              return then.ok() - first.ok() == then.ofVersion(version) - first.ofVersion(version);
            });
  }

  /** Sends every request for the catalog to one version, by the route of the canary alone. */
  void routeTo(String version) {
    String other = version.equals("v1") ? "v2" : "v1";
    String route = InstalledMesh.example("canary.yaml", cluster).split("\n---\n", 2)[0];
    cluster.apply(
        route
            .replaceAll("(name: catalog-" + version + ", port: 80, weight:) \\d+", "$1 1")
            .replaceAll("(name: catalog-" + other + ", port: 80, weight:) \\d+", "$1 0"));
  }

  /** What the load says last. */
  Counts counts() {
    return cluster
        .kubectl("logs", "deployment/load", "--container=load", LOG_LINES)
        .lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .map(Shop::parsed)
        .reduce(new Counts(0, 0, 0, Map.of()), (earlier, later) -> later);
  }

  private static Counts parsed(Matcher line) {
    var versions = new TreeMap<String, Long>();
    for (String each : line.group(4).split(", ")) {
      int equals = each.indexOf('=');
      if (equals > 0) {
        versions.put(each.substring(0, equals), Long.parseLong(each.substring(equals + 1)));
      }
    }
    return new Counts(
        Long.parseLong(line.group(1)),
        Long.parseLong(line.group(2)),
        Long.parseLong(line.group(3)),
        versions);
  }
}
