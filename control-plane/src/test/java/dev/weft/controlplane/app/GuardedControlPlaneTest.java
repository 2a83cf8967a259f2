package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.testkit.TestCa;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole control plane over TLS, before a cluster that knows some callers. */
class GuardedControlPlaneTest {
  private static final List<String> REGISTRATION =
      List.of("nothing registers itself here", "--register off");

  @TempDir Path directory;
  private final TestCa clients = new TestCa("kubernetes");
  private TestCluster cluster;
  private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
  private ControlPlane controlPlane;

  @BeforeEach
  void start() {
    cluster = new TestCluster(directory.resolve("roots"), clients);
    cluster.pod("catalog-token", "shop", "catalog-1");
    cluster.user("jane-token", "jane");
    controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(directory.resolve("store"))
                .withPorts(0, 0)
                .withSecurity(SecurityOptions.ofAuthority(directory)),
            cluster);
    controlPlane.ready().join();
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    controlPlane.close();
  }

  @Test
  void aSidecarSubscribesAsItselfOnly() throws Exception {
    Channel sidecar = connect("catalog-token");
    var own = new Stream(sidecar);
    own.send(first("catalog-1", "shop", "shop/checkout.example:80"));
    assertThat(own.next().getResources(0).getName().getName())
        .isEqualTo("shop/checkout.example:80");

    own.send(subscription("finance/ledger:80"));
    assertThat(own.refusal())
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("pod catalog-1 of namespace shop may not subscribe to VIRTUAL_HOST")
        .hasMessageContaining("it gets what its namespace shop sees");

    var other = new Stream(sidecar);
    other.send(first("ledger-1", "finance", "finance/ledger:80"));
    assertThat(other.refusal())
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("may not be the node \"ledger-1\" of namespace \"finance\"")
        .hasMessageContaining("--node-id catalog-1 --namespace shop");

    var inbound = new Stream(sidecar);
    inbound.send(
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("catalog-1").setNamespace("shop"))
            .addSubscribe(
                ResourceName.newBuilder()
                    .setKind(ResourceKind.INBOUND)
                    .setName("shop/pods/payment-1"))
            .build());
    assertThat(inbound.refusal()).hasMessageContaining("INBOUND shop/pods/catalog-1 only");
    // Those who were refused have left nothing behind.
    await().until(() -> controlPlane.metricsText().contains("weft_discovery_streams 0.0"));
    assertThat(controlPlane.metricsText())
        .contains("weft_auth_refused_total{status=\"PERMISSION_DENIED\"} 3.0");
  }

  @Test
  void whoIsNoSidecarGetsNoStream() throws Exception {
    var person = new Stream(connect("jane-token"));
    person.send(first("catalog-1", "shop", "shop/checkout:80"));
    assertThat(person.refusal())
        .hasMessageContaining("PERMISSION_DENIED: jane is no sidecar")
        .hasMessageContaining("--token-file");
    var nobody = new Stream(connect(null));
    assertThat(nobody.refusal())
        .hasMessageContaining("UNAUTHENTICATED: it is not known who calls")
        .hasMessageContaining("--token-file");
    var stranger = new Stream(connect("a token of another cluster"));
    assertThat(stranger.refusal())
        .hasMessageContaining("UNAUTHENTICATED")
        .hasMessageContaining("is refused by the API server: nobody knows it");
  }

  @Test
  void aStreamEndsWithItsTokenAndGoesOnWithTheNextOne() {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> {
              var stream = new Stream(connect(token(Instant.now().plusSeconds(2))));
              stream.send(first("catalog-1", "shop", "shop/checkout:80"));
              assertThat(stream.refusal())
                  .hasMessageContaining("UNAUTHENTICATED")
                  .hasMessageContaining("has expired");
              // On a slow machine it was over before it was let in.
              return controlPlane.metricsText().contains("weft_auth_expired_streams_total 1.0");
            });
    await().until(() -> controlPlane.metricsText().contains("weft_discovery_streams 0.0"));

    var next = new Stream(connect(token(Instant.now().plusSeconds(3600))));
    next.send(first("catalog-1", "shop", "shop/checkout.example:80"));
    assertThat(next.response)
        .succeedsWithin(Duration.ofSeconds(30))
        .satisfies(response -> assertThat(response.getResourcesCount()).isOne());
  }

  /** The catalog's, good until then. */
  private String token(Instant expires) {
    String claims = "{\"sub\":\"x\",\"aud\":\"weft\",\"exp\":" + expires.getEpochSecond() + "}";
    String token =
        "e30."
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
            + ".c2ln";
    cluster.pod(token, "shop", "catalog-1");
    return token;
  }

  @Test
  void nothingRegistersItself() {
    for (String token : List.of("catalog-token", "jane-token")) {
      Channel channel = connect(token);
      assertThatThrownBy(
              () ->
                  RegistryServiceGrpc.newBlockingStub(channel)
                      .register(RegisterRequest.getDefaultInstance()))
          .hasMessageStartingWith("PERMISSION_DENIED")
          .hasMessageContainingAll(REGISTRATION.toArray(String[]::new));
      var heartbeat = new CompletableFuture<Throwable>();
      RegistryServiceGrpc.newStub(channel)
          .keepAlive(new Failures<>(heartbeat))
          .onNext(KeepAliveRequest.getDefaultInstance());
      assertThat(heartbeat).succeedsWithin(Duration.ofSeconds(10));
    }
  }

  @Test
  void peopleMayWhatTheClustersRulesSay() {
    Channel jane = connect("jane-token");
    ListRequest routes = ListRequest.newBuilder().setKind("HTTPRoute").setNamespace("shop").build();
    assertThatThrownBy(() -> PolicyServiceGrpc.newBlockingStub(jane).list(routes))
        .hasMessageStartingWith(
            "PERMISSION_DENIED: jane may not list httproutes.gateway.networking.k8s.io in"
                + " namespace \"shop\": the cluster's RBAC has no rule")
        .hasMessageContaining("kubectl create role weft-list-httproutes --verb=list");
    cluster.allow("jane", "list", "httproutes", "finance");
    cluster.allow("jane", "list", "sidecars", "");
    assertThat(
            PolicyServiceGrpc.newBlockingStub(jane)
                .list(routes.toBuilder().setNamespace("finance").build())
                .getPoliciesList())
        .isEmpty();
    assertThat(
            MeshServiceGrpc.newBlockingStub(jane)
                .listNodes(ListNodesRequest.getDefaultInstance())
                .getNodesList())
        .isEmpty();
  }

  @Test
  void theHistoryHasThemByTheirNames() {
    for (String verb : List.of("create", "update", "delete", "get")) {
      cluster.allow("jane", verb, "services", "shop");
    }
    var policies = PolicyServiceGrpc.newBlockingStub(connect("jane-token"));
    String service =
        "{apiVersion: v1, kind: Service, metadata: {name: catalog, namespace: shop},"
            + " spec: {ports: [{port: 80}]}}";
    policies.apply(
        ApplyRequest.newBuilder()
            .addManifests(Manifest.newBuilder().setName("catalog.yaml").setContent(service))
            .setReason("the first shop")
            .build());
    assertThat(
            policies
                .history(
                    HistoryRequest.newBuilder()
                        .setKind("Service")
                        .setNamespace("shop")
                        .setName("catalog")
                        .build())
                .getChangesList())
        .singleElement()
        .satisfies(change -> assertThat(change.getBy()).isEqualTo("jane"))
        .satisfies(change -> assertThat(change.getReason()).isEqualTo("the first shop"));
    assertThatThrownBy(() -> policies.history(HistoryRequest.getDefaultInstance()))
        .hasMessageStartingWith("PERMISSION_DENIED: jane may not list");
    assertThatThrownBy(
            () -> policies.rollback(RollbackRequest.newBuilder().setToRevision(1).build()))
        .hasMessageStartingWith("PERMISSION_DENIED: jane may not create");
  }

  @Test
  void aClientCertificateSaysWhoCallsToo() {
    cluster.allow("admin", "list", "sidecars", "");
    Channel admin = connect(null, clients.issue("admin,O=system:masters"));
    assertThat(
            MeshServiceGrpc.newBlockingStub(admin)
                .listNodes(ListNodesRequest.getDefaultInstance())
                .getNodesList())
        .isEmpty();
    Channel stranger = connect(null, new TestCa("elsewhere").issue("admin"));
    assertThatThrownBy(
            () ->
                MeshServiceGrpc.newBlockingStub(stranger)
                    .listNodes(ListNodesRequest.getDefaultInstance()))
        .hasMessageStartingWith("UNAUTHENTICATED")
        .hasMessageContaining("\"CN=admin\" is not one of this cluster's");
  }

  @Test
  void healthIsOpenToEveryone() {
    assertThat(
            HealthGrpc.newBlockingStub(connect(null))
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void whileNobodyCanTellCallersAreToldToTryAgain() {
    cluster.away(true);
    Channel jane = connect("jane-token");
    assertThatThrownBy(
            () ->
                MeshServiceGrpc.newBlockingStub(jane)
                    .listNodes(ListNodesRequest.getDefaultInstance()))
        .hasMessageStartingWith("UNAVAILABLE")
        .hasMessageContaining("the API server is away; try again");
    cluster.away(false);
    cluster.allow("jane", "list", "sidecars", "");
    MeshServiceGrpc.newBlockingStub(jane).listNodes(ListNodesRequest.getDefaultInstance());
  }

  private Channel connect(@Nullable String token) {
    return connect(token, null);
  }

  private Channel connect(@Nullable String token, TestCa.@Nullable Issued certificate) {
    var opened = TestCluster.connect(controlPlane, directory.resolve("roots"), certificate);
    channels.add(opened);
    return token == null ? opened : TestCluster.with(opened, token);
  }

  private static DiscoveryRequest first(String node, String namespace, String host) {
    return subscription(host).toBuilder()
        .setNode(Node.newBuilder().setId(node).setNamespace(namespace))
        .build();
  }

  private static DiscoveryRequest subscription(String host) {
    return DiscoveryRequest.newBuilder()
        .addSubscribe(ResourceName.newBuilder().setKind(ResourceKind.VIRTUAL_HOST).setName(host))
        .build();
  }

  /** Notes how a stream ends. */
  private static class Failures<T> implements StreamObserver<T> {
    private final CompletableFuture<Throwable> failure;

    Failures(CompletableFuture<Throwable> failure) {
      this.failure = failure;
    }

    @Override
    public void onNext(T value) {}

    @Override
    public void onError(Throwable cause) {
      failure.complete(cause);
    }

    @Override
    public void onCompleted() {
      failure.complete(new IllegalStateException("it ended well"));
    }
  }

  private static final class Stream {
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final CompletableFuture<DiscoveryResponse> response = new CompletableFuture<>();
    private final StreamObserver<DiscoveryRequest> requests;

    Stream(Channel channel) {
      requests =
          DiscoveryServiceGrpc.newStub(channel)
              .streamResources(
                  new Failures<>(failure) {
                    @Override
                    public void onNext(DiscoveryResponse value) {
                      response.complete(value);
                    }
                  });
    }

    void send(DiscoveryRequest request) {
      requests.onNext(request);
    }

    DiscoveryResponse next() throws Exception {
      return response.get(60, TimeUnit.SECONDS);
    }

    StatusRuntimeException refusal() throws Exception {
      try {
        return Status.fromThrowable(failure.get(30, TimeUnit.SECONDS)).asRuntimeException();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
