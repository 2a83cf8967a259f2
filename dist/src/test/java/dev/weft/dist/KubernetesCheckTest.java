package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code weft check} on a real cluster: things are broken, and it names them. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class KubernetesCheckTest {
  private static final Distribution WEFT = Distribution.built();
  private static final String NEVER = "exec tail -f /dev/null";
  private static final String LATE = "until [ -e /tmp/go ]; do sleep 1; done; " + SmallApps.SERVE;
  private static final String LABEL = ", weft.dev/inject: enabled";
  private static final Condition<String> RIGHTS = said("error control-plane-rights", "may not ");
  private static final String OURS = "clusterrole/weft-control-plane";

  /** What a check says, one line a finding: "severity id subject: message". */
  private record Checked(int exitCode, List<String> findings) {
    List<String> errors() {
      return findings.stream().filter(finding -> finding.startsWith("error ")).toList();
    }
  }

  @Test
  void aMeshThatIsWellPassesAndSaysThatItsTrafficIsPlaintext(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(SmallApps.web(cluster, "web"));
    cluster.await("pod/web", "condition=Ready");

    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              Checked checked = check(cluster);
              assertThat(checked.errors()).isEmpty();
              assertThat(checked.exitCode()).isZero();
              assertThat(checked.findings())
                  .haveAtLeastOne(said("ok webhook-reachable"))
                  .haveAtLeastOne(said("ok sidecar-connected"))
                  .haveAtLeastOne(said("ok app-listens"))
                  .haveAtLeastOne(said("ok certificate"))
                  .haveAtLeastOne(said("ok control-plane-rights"))
                  .haveAtLeastOne(said("notice plaintext"));
            });
  }

  @Test
  void podsApplicationsAndRoutesThatAreWrongAreNamedWithTheReason(
      Cluster cluster, InstalledMesh mesh) {
    cluster.apply(SmallApps.pod(cluster, "older", "enabled", NEVER, "").replace(LABEL, ""));
    cluster.await("pod/older", "condition=Ready");
    mesh.join(cluster);
    SmallApps.observer(cluster);
    cluster.apply(
        served(cluster, "loopback", SmallApps.SERVE.replace("8080", "127.0.0.1:8080"))
            + served(cluster, "never", NEVER)
            + served(cluster, "late", LATE)
            + SmallApps.pod(cluster, "host", "enabled", NEVER, "")
                .replace(LABEL, "")
                .replace("spec:\n", "spec:\n  hostNetwork: true\n")
            + "---\n"
            + """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: nowhere}
            spec:
              parentRefs: [{group: "", kind: Service, name: late, port: 80}]
              rules: [{backendRefs: [{name: nobody, port: 80}]}]
            """);
    for (String pod : List.of("loopback", "never", "late")) {
      cluster.await("pod/" + pod, "condition=Ready");
    }
    assertThat(SmallApps.ask(cluster, "late")).isEmpty();

    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              Checked checked = check(cluster);
              assertThat(checked.exitCode()).isEqualTo(1);
              assertThat(checked.findings())
                  .haveExactly(1, said("error app-loopback", "/loopback: Service loopback leads"))
                  .haveExactly(1, said("app-listens", "/never: Service never leads to port 8080"))
                  .haveExactly(1, said("app-listens", "/late: Service late leads to port 8080"))
                  .haveExactly(
                      1, said("warning pod-without-sidecar", "/older: ", "before its namespace"))
                  .haveExactly(1, said("notice pod-without-sidecar", "/observer: ", "is disabled"))
                  .haveExactly(1, said("notice pod-without-sidecar", "/host: ", "hostNetwork"))
                  .haveExactly(
                      1,
                      said("error policy-status", "httproute ", "/nowhere: ResolvedRefs is False"));
            });

    cluster.kubectl("exec", "late", "-c", "app", "--", "touch", "/tmp/go");
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(check(cluster).findings())
                    .haveExactly(1, said("warning app-late", "/late: ", "listens now")));
  }

  @Test
  @Tag("long")
  void aControlPlaneWithoutRightsOrTrustOrReplicasIsNamed(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    String rules = cluster.everywhere("get", OURS, "-o", "jsonpath={.rules}");
    try {
      giveRights(cluster, "[]");
      // As long as it has any, it mends what is broken below.
      await()
          .atMost(InstalledMesh.PATIENCE)
          .until(() -> check(cluster).errors().stream().anyMatch(RIGHTS::matches));
      cluster.everywhere(
          "patch",
          "mutatingwebhookconfiguration/weft-injector",
          "--type=json",
          "--patch=[{\"op\":\"remove\",\"path\":\"/webhooks/0/clientConfig/caBundle\"}]");
      cluster.kubectl("delete", "configmap", "weft-ca");
      cluster.everywhere(
          "label", "namespace", cluster.namespace(), "pod-security.kubernetes.io/enforce=baseline");

      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(check(cluster).findings())
                      .haveExactly(1, RIGHTS)
                      .haveExactly(1, said("error webhook-ca", "weft-injector: has no caBundle"))
                      .haveExactly(
                          1, said("error webhook-reachable", "does not reach the injector"))
                      .haveExactly(1, said("error ca-configmap", "has no ConfigMap weft-ca")));
    } finally {
      giveRights(cluster, rules);
    }

    // It mends them by itself then; what is left is the namespace's own.
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(check(cluster).errors())
                    .singleElement()
                    .asString()
                    .contains("pod-security", "NET_ADMIN"));

    mesh.stopControlPlane();
    try {
      assertThat(check(cluster).findings())
          .haveExactly(1, said("error control-plane ", "is scaled to no replica"));
    } finally {
      mesh.startControlPlane();
    }
  }

  @Test
  void whatIsLeftWhereNothingIsInstalledIsNamed(Cluster cluster) {
    // Looked for where it is not, it is a cluster before the install.
    Checked checked = check(cluster, "--system-namespace", "nobody");

    assertThat(checked.findings())
        .haveExactly(1, said("ok install-rights"))
        .haveExactly(1, said("error leftovers", "weft-injector", "nobody answers"));
  }

  private static void giveRights(Cluster cluster, String rules) {
    cluster.everywhere(
        "patch",
        OURS,
        "--type=json",
        "--patch=[{\"op\":\"replace\",\"path\":\"/rules\",\"value\":" + rules + "}]");
  }

  /** A pod of the mesh with a Service, and without a readiness probe. */
  private static String served(Cluster cluster, String name, String script) {
    String web = SmallApps.web(cluster, name);
    return SmallApps.pod(cluster, name, "enabled", script, "")
        + web.substring(web.indexOf("---\n"))
        + "---\n";
  }

  private static Condition<String> said(String start, String... parts) {
    return new Condition<>(
        finding -> finding.contains(start) && List.of(parts).stream().allMatch(finding::contains),
        start + " " + String.join(" ... ", parts));
  }

  private static Checked check(Cluster cluster, String... more) {
    var command =
        new ArrayList<>(
            List.of(
                "check",
                "-o",
                "json",
                "--namespace",
                cluster.namespace(),
                "--kubeconfig",
                cluster.kubeconfig().toString()));
    command.addAll(List.of(more));
    Run run = WEFT.run(Map.of(), "weft", command.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isBetween(0, 1);
    assertThat(run.out()).as(run.err()).startsWith("{");
    var findings = new ArrayList<String>();
    for (JsonElement each :
        JsonParser.parseString(run.out()).getAsJsonObject().getAsJsonArray("findings")) {
      JsonObject one = each.getAsJsonObject();
      findings.add(
          one.get("severity").getAsString()
              + " "
              + one.get("id").getAsString()
              + " "
              + one.get("subject").getAsString()
              + ": "
              + one.get("message").getAsString());
    }
    return new Checked(run.exitCode(), findings);
  }
}
