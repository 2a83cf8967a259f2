package dev.weft.cli.dashboards;

import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.app.KubernetesOptions;
import dev.weft.controlplane.app.SecurityOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdTlsFiles;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.Ports;
import dev.weft.testkit.PrometheusServer.Target;
import dev.weft.testkit.RefusedPort;
import dev.weft.testkit.TestCa;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Two replicas of the control plane on one real etcd: the first serves the sidecars, the second
 * follows a Kubernetes that refuses connections, asks it who calls, and answers its webhooks.
 */
final class Replicas implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String SYSTEM = "weft-system";
  private static final String REVIEW =
      """
      {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1",
       "kind": {"kind": "Pod"}, "namespace": "shop", "operation": "CREATE", "object": {
       "metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}}
      """;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final EtcdOptions store;
  private final Path authority;
  private final ControlPlane first;
  private final ControlPlane second;
  private final ManagedChannel toFirst;
  private final ManagedChannel toSecond;
  private final HttpClient apiServer;
  private final int webhookPort = Ports.free();
  private final int etcdMetricsPort = Ports.free();

  Replicas(Path folder) throws IOException {
    var ca = new TestCa("operator");
    Path certificate = ca.issue("weft", "localhost", "127.0.0.1").write(folder, "weft");
    Path trusted = ca.write(folder.resolve("operator.crt"));
    EtcdServer etcd =
        EtcdServer.start(
            new EtcdServer.Tls(ca, true),
            "--listen-metrics-urls=http://127.0.0.1:" + etcdMetricsPort);
    open.push(etcd);
    store =
        EtcdOptions.of(etcd.endpoint())
            .withTls(new EtcdTlsFiles(trusted, certificate, folder.resolve("weft.key")));
    first =
        ControlPlane.start(
            options(
                "weft-control-plane-0",
                SecurityOptions.ofAuthority(folder.resolve("authority")),
                KubernetesOptions.OFF));
    open.push(first);
    var refused = new RefusedPort();
    open.push(refused);
    second =
        ControlPlane.start(
            options(
                "weft-control-plane-1",
                new SecurityOptions(
                    SecurityOptions.Tls.FILES,
                    new SecurityOptions.Files(certificate, folder.resolve("weft.key"), trusted),
                    folder,
                    List.of(),
                    true,
                    SYSTEM),
                new KubernetesOptions(
                    KubernetesOptions.Mode.ON,
                    Files.writeString(
                        folder.resolve("kubeconfig"),
                        """
                        apiVersion: v1
                        kind: Config
                        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                        contexts: [{name: c, context: {cluster: c, user: u}}]
                        users: [{name: u, user: {}}]
                        current-context: c
                        """
                            .formatted(refused.port())),
                    webhookPort)));
    open.push(second);
    first.ready().join();
    second.ready().join();
    authority = folder.resolve("authority/ca.crt");
    toFirst = channel(first, authority);
    toSecond = channel(second, trusted);
    apiServer = HttpClient.newBuilder().sslContext(ca.sslContext(null)).build();
    open.push(apiServer);
  }

  private ControlPlaneOptions options(
      String replica, SecurityOptions security, KubernetesOptions kubernetes) {
    return new ControlPlaneOptions(
        new StoreOptions.Etcd(store),
        "127.0.0.1",
        0,
        0,
        Duration.ofSeconds(3),
        replica,
        "cluster.local",
        security,
        kubernetes);
  }

  private ManagedChannel channel(ControlPlane replica, Path trusted) throws IOException {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + replica.grpcPort(),
                TlsChannelCredentials.newBuilder().trustManager(trusted.toFile()).build())
            .build();
    open.push(channel::shutdownNow);
    return channel;
  }

  /** Where sidecars find the first. */
  String address() {
    return "127.0.0.1:" + first.grpcPort();
  }

  /** Whom they trust. */
  Path authority() {
    return authority;
  }

  List<Target> targets() {
    return List.of(
        target(first.metricsPort(), "weft-control-plane-0"),
        target(second.metricsPort(), "weft-control-plane-1"),
        target(etcdMetricsPort, "weft-etcd-0"));
  }

  private static Target target(int port, String pod) {
    return new Target("127.0.0.1:" + port, Map.of("namespace", SYSTEM, "pod", pod));
  }

  /** What both export. */
  List<String> metrics() {
    return List.of(first.metricsText(), second.metricsText());
  }

  /** Applies documents, again until what they refer to is there. */
  void apply(String documents) {
    var request =
        ApplyRequest.newBuilder()
            .addManifests(Manifest.newBuilder().setName("policies.yaml").setContent(documents))
            .build();
    await()
        .atMost(LONG)
        .until(
            () -> PolicyServiceGrpc.newBlockingStub(toFirst).apply(request).getErrorsList(),
            List::isEmpty);
  }

  /** A pod is to be created. */
  void review() throws IOException, InterruptedException {
    apiServer.send(
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + webhookPort + "/inject"))
            .timeout(LONG)
            .POST(HttpRequest.BodyPublishers.ofString(REVIEW))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Somebody who is no sidecar opens the stream of one. */
  void nonsense() {
    var ended = new CompletableFuture<Void>();
    DiscoveryServiceGrpc.newStub(toFirst)
        .streamResources(
            new StreamObserver<>() {
              @Override
              public void onNext(DiscoveryResponse response) {}

              @Override
              public void onError(Throwable failure) {
                ended.complete(null);
              }

              @Override
              public void onCompleted() {
                ended.complete(null);
              }
            })
        .onNext(DiscoveryRequest.getDefaultInstance());
    ended.orTimeout(LONG.toSeconds(), TimeUnit.SECONDS).join();
  }

  /** Somebody calls whom only Kubernetes could know. */
  void strangerCalls() {
    var token = new Metadata();
    token.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer a-token");
    try {
      PolicyServiceGrpc.newBlockingStub(toSecond)
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token))
          .withDeadlineAfter(LONG.toSeconds(), TimeUnit.SECONDS)
          .list(ListRequest.getDefaultInstance());
      throw new IllegalStateException("a caller was let in whom nobody knows");
    } catch (StatusRuntimeException e) {
      // As it should be.
    }
  }

  @Override
  public void close() {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException("a part of the mesh did not end", e);
      }
    }
  }
}
