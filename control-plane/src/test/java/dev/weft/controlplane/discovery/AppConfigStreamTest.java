package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Who is sent which configuration of applications, and when. */
class AppConfigStreamTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.appConfig("default", "catalog", "");
  private static final ResourceKey FRONTEND = ResourceKey.appConfig("default", "frontend", "");

  @Test
  void aSidecarIsSentWhatIsForItsServiceTheClosestOfEachKey() {
    mesh.config(entry("weft-system", "mesh", "level", "", "warn"))
        .config(entry("default", "namespace", "level", "", "info"))
        .config(entry("default", "service", "level", "catalog", "debug"))
        .config(entry("default", "limit", "limit", "", "5"))
        .config(entry("default", "others", "limit", "basket", "7"))
        .config(entry("shop", "elsewhere", "limit", "", "9"));
    publish();

    TestSidecar sidecar = connect("catalog");

    assertThat(sidecar.brought()).containsExactly(CATALOG);
    assertThat(values(sidecar)).containsExactly("level=debug", "limit=5");
  }

  @Test
  void whoDoesNotDemandItGetsNothingAndNothingIsCompiled() {
    mesh.config(entry("default", "e", "level", "", "info"));
    publish();

    TestSidecar silent = connect("frontend-0", ResourceKey.virtualHost("default", "catalog"));

    assertThat(silent.brought()).containsExactly(ResourceKey.virtualHost("default", "catalog"));
    assertThat(engine.compileCounts().of(ResourceKind.APP_CONFIG)).isZero();
  }

  @Test
  void nobodySubscribesToItByName() {
    publish();

    TestSidecar sidecar = connect("frontend-0", CATALOG);

    assertThat(Objects.requireNonNull(sidecar.ended()).getDescription())
        .contains("cannot subscribe to APP_CONFIG default/catalog");
  }

  @Test
  void aServiceWithoutEntriesIsToldSo() {
    publish();

    TestSidecar sidecar = connect("catalog");

    assertThat(sidecar.brought()).containsExactly(CATALOG);
    assertThat(values(sidecar)).isEmpty();
  }

  @Test
  void aChangeGoesToThoseWhoseConfigurationItChangesAndToNobodyElse() {
    mesh.config(entry("default", "namespace", "level", "", "info"))
        .config(entry("default", "service", "level", "catalog", "debug"));
    publish();
    TestSidecar catalog = connect("catalog").answeringAtOnce();
    TestSidecar frontend = connect("frontend").answeringAtOnce();
    catalog.ack();
    frontend.ack();
    settle();
    int before = catalog.responses().size();

    mesh.config(entry("default", "namespace", "level", "", "error"));
    publish();
    assertThat(values(frontend)).containsExactly("level=error");
    assertThat(catalog.responses()).as("its own is closer").hasSize(before);

    mesh.removeConfig("default", "service");
    publish();
    assertThat(values(catalog)).containsExactly("level=error");
    assertThat(frontend.brought()).containsExactly(FRONTEND);
  }

  @Test
  void anInstanceComesOrGoesAndNobodyIsSentAnything() {
    mesh.config(entry("default", "e", "level", "catalog", "info"));
    publish();
    TestSidecar sidecar = connect("catalog").answeringAtOnce();
    sidecar.ack();
    settle();
    long compiled = engine.compileCounts().of(ResourceKind.APP_CONFIG);

    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(sidecar.responses()).hasSize(1);
    assertThat(engine.compileCounts().of(ResourceKind.APP_CONFIG)).isEqualTo(compiled);
  }

  @Test
  void allOfAServiceGetTheSameBytesAndLookAtLabelsAndSharesThemselves() {
    mesh.config(
            new ConfigEntry(
                meta("default", "labelled"),
                "level",
                false,
                "catalog",
                Map.of("version", "v2"),
                "text/plain",
                "trace",
                new ConfigEntry.Release(10, "debug")))
        .config(entry("default", "service", "level", "catalog", "info"));
    publish();

    TestSidecar one = connect("catalog");
    TestSidecar other = connectNode(node("catalog-1", "catalog"));

    assertThat(values(one)).containsExactly("level=trace", "level=info");
    assertThat(one.last().getResources(0).getAppConfig().getEntries(0).getInstanceLabelsMap())
        .isEqualTo(Map.of("version", "v2"));
    assertThat(one.last().getResources(0).getAppConfig().getEntries(0).getRelease().getPercent())
        .isEqualTo(10);
    assertThat(other.last().getResources(0)).isEqualTo(one.last().getResources(0));
    assertThat(engine.compileCounts().of(ResourceKind.APP_CONFIG)).isEqualTo(1);
  }

  @Test
  void aPodGetsWhatIsForTheServicesThatListItByItsOwnLabels() {
    ConfigEntry labelled =
        new ConfigEntry(
            meta("default", "labelled"),
            "level",
            false,
            "",
            Map.of("version", "v2"),
            "text/plain",
            "trace",
            null);
    mesh.kubernetesService("web", List.of("10.96.0.1"), ServicePort.of("http", 80))
        .put(slice("web", "a", "http", 8080).addEndpoints(pod("v1")))
        .config(labelled)
        .config(entry("default", "web", "level", "web", "debug"))
        .config(entry("default", "other", "limit", "other", "5"));
    publish();
    Node node = Node.newBuilder().setId("web-0").setNamespace("default").build();

    TestSidecar sidecar = connectNode(node).answeringAtOnce();
    assertThat(sidecar.brought()).containsExactly(ResourceKey.appConfig("default", "", "web-0"));
    assertThat(values(sidecar)).containsExactly("level=debug");
    sidecar.ack();
    settle();

    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("v2")));
    publish();
    assertThat(values(sidecar)).containsExactly("level=trace");
    assertThat(sidecar.last().getResources(0).getAppConfig().getEntries(0).getInstanceLabelsMap())
        .as("looked at already")
        .isEmpty();
  }

  private static ServiceEndpoint.Builder pod(String version) {
    return TestMesh.pod("web-0", "10.244.0.7").putLabels("version", version);
  }

  @Test
  void whatIsHeldIsNotSentAgain() {
    mesh.config(entry("default", "e", "level", "catalog", "info"));
    publish();
    TestSidecar first = connect("catalog");
    ack(first);
    first.hangUp();
    loop.run();

    TestSidecar again = first.reconnectForConfig(channel, node("catalog-0", "catalog"));
    settle();
    assertThat(again.responses()).isEmpty();
    assertThat(node("catalog-0").getResourcesResumed()).isEqualTo(1);

    mesh.config(entry("default", "e", "level", "catalog", "debug"));
    publish();
    assertThat(values(again)).containsExactly("level=debug");
    assertThat(node("catalog-0").getAcknowledgedRevision()).isEqualTo(mesh.nextRevision() - 2);
    String version = again.last().getResources(0).getVersion();
    assertThat(node("catalog-0").getAppConfigVersion()).isNotEmpty().isNotEqualTo(version);
    ack(again);
    assertThat(node("catalog-0").getAcknowledgedRevision()).isEqualTo(mesh.nextRevision() - 1);
    assertThat(node("catalog-0").getAppConfigVersion()).isEqualTo(version);
  }

  private TestSidecar connect(String service) {
    return connectNode(node(service + "-0", service));
  }

  private TestSidecar connectNode(Node node) {
    TestSidecar sidecar = TestSidecar.connectForConfig(channel, node);
    loop.run();
    return sidecar;
  }

  private static Node node(String id, String service) {
    return Node.newBuilder().setId(id).setNamespace("default").setService(service).build();
  }

  private static List<String> values(TestSidecar sidecar) {
    Resource config = sidecar.last().getResources(0);
    return config.getAppConfig().getEntriesList().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .toList();
  }

  private ConfigEntry entry(
      String namespace, String name, String key, String service, String value) {
    return new ConfigEntry(
        meta(namespace, name),
        key,
        namespace.equals("weft-system"),
        service,
        Map.of(),
        "text/plain",
        value,
        null);
  }

  private DocumentMeta meta(String namespace, String name) {
    return new DocumentMeta(namespace, name, "apply", 0, mesh.nextRevision());
  }
}
