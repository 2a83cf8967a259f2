package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * DNS as programs in pods have it, in one whose sidecar answers it and in one without a sidecar.
 * The cluster's own DNS says the same of the mesh, so the sidecar's numbers tell who has answered.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class PodDnsTest {
  private static final String ASKER = "asker";
  private static final String SERVICES =
      """
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: pods}
      spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: elsewhere}
      spec: {type: ExternalName, externalName: web.%s}
      """;

  private String domain = "";
  private String nameServer = "";

  @BeforeEach
  void ask(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    SmallApps.observer(cluster);
    domain = resolvConf(cluster, "search");
    nameServer = resolvConf(cluster, "nameserver");
    cluster.apply(SmallApps.web(cluster, "web") + SERVICES.formatted(domain));
    cluster.apply(
        SmallApps.pod(cluster, ASKER, "enabled", SmallApps.SERVE, SmallApps.READY_BY_HTTP)
            .replace("labels:", "annotations: {weft.dev/dns: \"on\"}, labels:"));
    cluster.await("pod/web", "condition=Ready");
    cluster.await("pod/" + ASKER, "condition=Ready");
  }

  @Test
  void namesOfTheMeshAreAnsweredHereAndAllOthersAreAsTheyAreWithoutASidecar(Cluster cluster) {
    String service = cluster.field("service/web", "{.spec.clusterIP}");
    String pod = cluster.field("pod/web", "{.status.podIP}");

    // A Service by its short name, as the C library finds it by the search list.
    assertThat(run(cluster, ASKER, "wget -q -O - http://web/")).contains(SmallApps.ANSWER);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(answeredHere(cluster, "web." + domain)).contains(service);
              assertThat(answeredHere(cluster, "pods." + domain)).contains(pod);
            });
    for (String each :
        List.of(
            "elsewhere." + domain,
            "nowhere." + domain,
            "nowhere.example",
            pod,
            "_http._tcp.web." + domain)) {
      assertThat(passedOn(cluster, each))
          .as(each)
          .isEqualTo(lookUp(cluster, SmallApps.OBSERVER, each));
    }
    assertThat(lookUp(cluster, ASKER, "elsewhere." + domain)).contains(service);
    assertThat(run(cluster, ASKER, "wget -q -O - http://elsewhere/")).contains(SmallApps.ANSWER);
    assertThat(InstalledMesh.metrics(cluster, "web")).doesNotContain("weft_dns_");
  }

  @Test
  void byTcpItIsTheSame(Cluster cluster) {
    String service = cluster.field("service/web", "{.spec.clusterIP}");

    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              long before = count(cluster, "answered");
              assertThat(byTcp(cluster, "web." + domain)).endsWith(hex(service));
              assertThat(count(cluster, "answered")).isGreaterThan(before);
            });
    long before = count(cluster, "passed");
    assertThat(byTcp(cluster, "elsewhere." + domain)).contains(hex(service));
    // The four bits of the code: no such name.
    assertThat(byTcp(cluster, "nowhere." + domain)).matches(".{11}3.*");
    assertThat(count(cluster, "passed")).isEqualTo(before + 2);
  }

  /** What is said to the pod with DNS; asserts that the sidecar has answered, at least in part. */
  private static String answeredHere(Cluster cluster, String name) {
    long before = count(cluster, "answered");
    String said = lookUp(cluster, ASKER, name);
    assertThat(count(cluster, "answered")).as("%s: %s", name, said).isGreaterThan(before);
    return said;
  }

  /** The same of its name server, for all of it. */
  private static String passedOn(Cluster cluster, String name) {
    long before = count(cluster, "passed");
    long answered = count(cluster, "answered");
    String said = lookUp(cluster, ASKER, name);
    assertThat(count(cluster, "passed")).as("%s: %s", name, said).isGreaterThan(before);
    assertThat(count(cluster, "answered")).as("%s: %s", name, said).isEqualTo(answered);
    return said;
  }

  /**
   * Without the line that depends on what the name server had in its cache, and whichever of the
   * two families' answers came first.
   */
  private static String lookUp(Cluster cluster, String pod, String name) {
    return run(cluster, pod, "nslookup " + name + " 2>&1 || true")
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("Non-authoritative"))
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  /** The answer to a query for a name's IPv4 address, in hexadecimal digits, with its length. */
  private String byTcp(Cluster cluster, String name) {
    var query = new ByteArrayOutputStream();
    // The id, recursion desired, one question.
    query.writeBytes(new byte[] {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    for (String label : name.split("\\.", -1)) {
      query.write(label.length());
      query.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    query.writeBytes(new byte[] {0, 0, 1, 0, 1});
    var escaped = new StringBuilder("\\000\\%03o".formatted(query.size()));
    for (byte each : query.toByteArray()) {
      escaped.append("\\%03o".formatted(each));
    }
    return run(
        cluster,
        ASKER,
        "printf '" + escaped + "' | nc " + nameServer + " 53 | hexdump -v -e '1/1 \"%02x\"'");
  }

  private static String hex(String address) {
    return Pattern.compile("\\.")
        .splitAsStream(address)
        .map(part -> "%02x".formatted(Integer.parseInt(part)))
        .collect(Collectors.joining());
  }

  private static long count(Cluster cluster, String what) {
    Matcher found =
        Pattern.compile("(?m)^weft_dns_" + what + "_total (\\d+)")
            .matcher(InstalledMesh.metrics(cluster, ASKER));
    assertThat(found.find()).as(what).isTrue();
    return Long.parseLong(found.group(1));
  }

  /** The first value of a keyword. */
  private static String resolvConf(Cluster cluster, String keyword) {
    return run(
            cluster,
            SmallApps.OBSERVER,
            "sed -n 's/^" + keyword + " \\([^ ]*\\).*/\\1/p' /etc/resolv.conf | head -n 1")
        .strip();
  }

  private static String run(Cluster cluster, String pod, String script) {
    return cluster.kubectl("exec", pod, "--container=app", "--", "sh", "-c", script);
  }
}
