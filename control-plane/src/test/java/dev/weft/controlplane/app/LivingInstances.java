package dev.weft.controlplane.app;

import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Instances of default/catalog that do as a sidecar does: they register, are heard, and register
 * again when they are not known. On a thread of their own.
 */
final class LivingInstances implements AutoCloseable, StreamObserver<KeepAliveResponse> {
  private final TestClient client;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final Map<String, Instance> instances = new ConcurrentHashMap<>();
  private final AtomicInteger registrations = new AtomicInteger();
  private @Nullable StreamObserver<KeepAliveRequest> stream;
  private volatile boolean broken;

  LivingInstances(TestClient client, long everyMillis) {
    this.client = client;
    thread.scheduleWithFixedDelay(this::beat, 0, everyMillis, TimeUnit.MILLISECONDS);
  }

  /** Registers one and keeps it alive. */
  void add(String id) {
    Instance instance =
        Instance.newBuilder()
            .setId(id)
            .setNamespace("default")
            .setService("catalog")
            .setAddress("127.0.0.1")
            .setIncarnation(id + "-one")
            .setReadiness(Readiness.READY)
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080))
            .build();
    register(client, instance);
    instances.put(id, instance);
  }

  /** It is not heard of any more. */
  void dies(String id) {
    instances.remove(id);
  }

  /** Registrations after the first of each. */
  int registeredAgain() {
    return registrations.get();
  }

  private static void register(TestClient client, Instance instance) {
    if (client
        .registry()
        .register(RegisterRequest.newBuilder().setInstance(instance).build())
        .getIncarnation()
        .isEmpty()) {
      throw new AssertionError("no incarnation");
    }
  }

  private void beat() {
    if (stream == null || broken) {
      broken = false;
      stream = RegistryServiceGrpc.newStub(client.channel()).keepAlive(this);
    }
    for (Instance instance : instances.values()) {
      stream.onNext(
          KeepAliveRequest.newBuilder()
              .setNamespace("default")
              .setId(instance.getId())
              .setIncarnation(instance.getIncarnation())
              .setReadiness(Readiness.READY)
              .build());
    }
  }

  @Override
  public void onNext(KeepAliveResponse response) {
    Instance unknown = instances.get(response.getId());
    if (response.getStatus() == KeepAliveResponse.Status.UNKNOWN && unknown != null) {
      thread.execute(
          () -> {
            try {
              register(client, unknown);
              registrations.incrementAndGet();
            } catch (StatusRuntimeException e) {
              // The store is away: the next heartbeat says again that it is unknown.
            }
          });
    }
  }

  @Override
  public void onError(Throwable failure) {
    broken = true;
  }

  @Override
  public void onCompleted() {
    broken = true;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
