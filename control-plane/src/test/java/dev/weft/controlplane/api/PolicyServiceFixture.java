package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.auth.CallerName;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.source.apply.AppliedPolicies;
import dev.weft.controlplane.source.apply.PolicyRollback;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.GetRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The policy API over gRPC, on a real embedded store of the test's own. */
abstract class PolicyServiceFixture {
  static final String SERVICES = service("catalog") + service("v1") + service("v2");

  final AtomicLong clock = new AtomicLong(1_000);
  private final String name = "policies-" + System.identityHashCode(this);
  Runnable beforeWriting = () -> {};
  Store store;
  Registry registry;
  private Path kept;
  private Server server;
  ManagedChannel channel;
  PolicyServiceBlockingStub api;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    kept = directory;
    store = openStore(directory);
    serve();
  }

  /** Ends everything and goes on with what the store has kept. */
  void restart() throws IOException {
    stop();
    store = openStore(kept);
    serve();
  }

  /** The store of one test. */
  Store openStore(Path directory) {
    return EmbeddedStore.open(directory);
  }

  private void serve() throws IOException {
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.start().join();
    await().until(() -> registry.status().synced());
    var policies =
        new AppliedPolicies(
            store,
            registry,
            PolicyReader.DOCUMENTS,
            () -> {
              beforeWriting.run();
              return clock.get();
            });
    server =
        InProcessServerBuilder.forName(name)
            .addService(
                new PolicyService(
                    store,
                    registry,
                    policies,
                    new PolicyRollback(
                        store,
                        registry,
                        () -> {
                          beforeWriting.run();
                          return clock.get();
                        }),
                    new PeerLimits(new SimpleMeterRegistry(), System::currentTimeMillis)))
            .intercept(CallerName.byAddress())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
    api = PolicyServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    registry.close();
    store.close();
  }

  /** Writes a document past the API, as another replica or source would. */
  void put(String source, String service) {
    Policy policy =
        Policy.newBuilder()
            .setJson(
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"%s"},\
                "spec":{"ports":[{"port":80}]}}"""
                    .formatted(service))
            .setSource(source)
            .build();
    String key = Keyspace.policy(source, "Service", "default", service);
    long revision =
        store.commit(Txn.builder().put(key, policy.toByteString()).build()).join().revision();
    assertThat(revision).isPositive();
  }

  ApplyResponse apply(String... manifests) {
    return api.apply(request(manifests));
  }

  ApplyResponse validate(String... manifests) {
    return api.validate(request(manifests));
  }

  static ApplyRequest request(String... manifests) {
    var all = new ArrayList<Manifest>();
    for (String content : manifests) {
      all.add(Manifest.newBuilder().setName(all.size() + ".yaml").setContent(content).build());
    }
    return ApplyRequest.newBuilder().addAllManifests(all).build();
  }

  Policy get(String kind, String object) {
    return api.get(GetRequest.newBuilder().setKey(key(kind, object)).build());
  }

  long delete(String kind, String object) {
    return api.delete(DeleteRequest.newBuilder().setKey(key(kind, object)).build()).getRevision();
  }

  static PolicyKey key(String kind, String object) {
    return PolicyKey.newBuilder().setKind(kind).setNamespace("default").setName(object).build();
  }

  static List<String> actions(ApplyResponse response) {
    assertThat(response.getErrorsList()).isEmpty();
    return response.getResultsList().stream().map(PolicyServiceFixture::action).toList();
  }

  private static String action(AppliedPolicy result) {
    return result.getKey().getKind() + "/" + result.getKey().getName() + " " + result.getAction();
  }

  static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertStatus(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code) {
    return assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .satisfies(e -> assertThat(Status.fromThrowable(e).getCode()).isEqualTo(code));
  }

  static String service(String service) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{port: 80}]}
        """
        .formatted(service);
  }

  static String canary(int stable, int canary) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: canary}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          rules:
          - backendRefs:
            - {name: v1, port: 80, weight: %d}
            - {name: v2, port: 80, weight: %d}
        """
        .formatted(stable, canary);
  }
}
