package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.dist.PeerPod.Answer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who is not in the mesh, and who is, reach each other in both directions: pods, Services, ports of
 * the node, addresses outside the cluster, proxies in front of applications, the API server, DNS.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NeighboursTest {
  private static final String ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/";

  private Cluster cluster;
  private Neighbourhood all;
  private PeerPod inside;
  private PeerPod outside;

  @BeforeAll
  void begin(Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws Exception {
    PeerPod.load(mesh, folder);
    mesh.join(cluster);
    this.cluster = cluster;
    all = new Neighbourhood(cluster);
    inside = all.inside;
    outside = all.outside;
    all.connect(outside, inside);
    all.connect(inside, outside);
  }

  @AfterAll
  void end() throws Exception {
    Neighbourhood opened = all;
    if (opened != null) {
      try (opened) {
        opened.assertConnected();
      }
    }
  }

  @Test
  void aClientOutsideTheMeshReachesAServerInside() {
    String service = all.service(inside);
    for (String at : List.of(service, inside.address() + ":8080", all.nodePort(inside))) {
      Answer answer = outside.ask("http://" + at + "/");
      assertThat(answer.pod()).as(at).isEqualTo("inside");
      assertThat(answer.passedASidecar()).as(at).isTrue();
    }
    assertThat(outside.echo(service)).isEqualTo("hello");
    assertThat(outside.greeting(service, PeerPod.GREETER)).isEqualTo("220 inside");
  }

  @Test
  void aClientInsideReachesAServerOutsideTheMesh() {
    String service = all.service(outside);
    for (String at : List.of(service, outside.address() + ":8080", all.nodePort(outside))) {
      assertThat(inside.ask("http://" + at + "/").pod()).as(at).isEqualTo("outside");
    }
    assertThat(inside.ask("http://" + service + "/").passedASidecar()).isTrue();
    assertThat(inside.echo(service)).isEqualTo("hello");
    assertThat(inside.greeting(service, PeerPod.GREETER)).isEqualTo("220 outside");
  }

  @Test
  void aClientOutsideTheClusterReachesAServerInsideTheMesh() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://" + all.nodePort(inside) + "/"))
              .timeout(Duration.ofSeconds(20))
              .build();
      assertThat(client.send(request, BodyHandlers.ofString()).body()).startsWith("inside|00-");
    }
  }

  @Test
  void addressesOutsideTheClusterAreCalledAsEver() {
    String host = all.externalHost();
    assertThat(inside.curl("http://" + host + ":" + all.externalPort() + "/a?b"))
        .isEqualTo("external /a?b");
    assertThat(inside.greeting(host, all.externalGreeterPort())).isEqualTo("220 external");
    assertThat(inside.sh("wget -q -O - http://" + host + ":1/ 2>&1 || echo status $?"))
        .as("nobody listens there")
        .contains("status 1");
  }

  @Test
  void servicesThatStandForSomebodyElseLeadThere() {
    assertThat(inside.ask("http://alias/").pod()).as("ExternalName").isEqualTo("outside");
    assertThat(inside.curl("http://external/x")).as("no selector").isEqualTo("external /x");
  }

  /** As ingress controllers do it: to the Service's address or the pod's own, by any host. */
  @Test
  void aProxyInFrontMayBeInsideOrOutside() {
    for (PeerPod beside : List.of(inside, outside)) {
      for (PeerPod to : List.of(inside, outside)) {
        for (String way : List.of("service", "pod")) {
          String url =
              "http://" + Neighbourhood.ingress(beside) + "/" + to.name() + "/" + way + "/";
          Answer answer = outside.ask(url, "-H", "Host: shop.example");
          assertThat(answer.pod()).as(url).isEqualTo(to.name());
          assertThat(answer.host()).as(url).isEqualTo("shop.example");
          boolean meshed = beside.equals(inside) || to.equals(inside);
          assertThat(answer.passedASidecar()).as(url).isEqualTo(meshed);
        }
      }
    }
    assertThat(inside.ask("http://" + Neighbourhood.ingress(outside) + "/inside/service/").pod())
        .as("out of the mesh and back")
        .isEqualTo("inside");
  }

  @Test
  void theApiServerIsCalledWithThePodsOwnTokenAndCallsPodsItself() throws Exception {
    String token = inside.sh("cat " + ACCOUNT + "token").strip();
    String who =
        inside.curl(
            "https://kubernetes.default.svc/apis/authentication.k8s.io/v1/selfsubjectreviews",
            "--cacert",
            ACCOUNT + "ca.crt",
            "-H",
            "Authorization: Bearer " + token,
            "-H",
            "Content-Type: application/json",
            "-d",
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}");
    assertThat(who).contains("system:serviceaccount:" + cluster.namespace() + ":default");

    String api = "/api/v1/namespaces/" + cluster.namespace();
    for (String path : List.of("/services/server:http/proxy/", "/pods/inside:8080/proxy/")) {
      assertThat(cluster.everywhere("get", "--raw", api + path)).startsWith("inside|00-");
    }
    try (var forward = new Forward(cluster, "pod/inside", PeerPod.HTTP)) {
      assertThat(forward.get("/").body()).startsWith("inside|");
    }
  }

  @Test
  void namesAreLookedUpAsEver() {
    String asking =
        "for name in kubernetes.default.svc.cluster.local "
            + all.service(outside)
            + " nobody.example; do nslookup $name 2>&1; done; true";
    assertThat(lines(inside.sh(asking)))
        .isEqualTo(lines(outside.sh(asking)))
        .anyMatch(line -> line.contains("NXDOMAIN") || line.contains("can't find"));
  }

  @Test
  void aPodOfTheNodesNetworkGoesWithoutASidecarAndIsReached() {
    assertThat(cluster.field("pod/host", "{.spec.initContainers}")).isEmpty();
    assertThat(cluster.field("pod/host", "{.metadata.annotations.weft\\.dev/reason}"))
        .contains("hostNetwork");
    for (String at : List.of(all.service(inside), inside.address() + ":8080")) {
      Answer answer = all.onHost.ask("http://" + at + "/");
      assertThat(answer.pod()).as(at).isEqualTo("inside");
      assertThat(answer.passedASidecar()).as(at).isTrue();
    }
    String node = inside.ask("http://host/").pod();
    assertThat(
            inside.ask("http://" + all.nodeAddress() + ":" + Neighbourhood.HOST_PORT + "/").pod())
        .isEqualTo(node);
  }

  /** In order, and without the pod's own namespace, which is tried before and after a name. */
  private Set<String> lines(String printed) {
    String alike =
        printed.replace(outside.cluster().namespace(), "ours").replace(cluster.namespace(), "ours");
    return new TreeSet<>(alike.lines().filter(line -> !line.isBlank()).toList());
  }
}
