package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Instances that come and go at whichever of several replicas takes it, one after the other, and
 * for how long none did. {@link #run} is for one thread; the rest for any.
 */
final class RegistryChurn implements AutoCloseable {
  /** Covers a call that a replica takes with it when it ends, and the next one's wait. */
  private static final Duration LONGEST_REFUSAL = Duration.ofSeconds(5);

  private static final long CALL_SECONDS = 2;
  private static final int AWAIT_SUBSCRIBERS_MILLIS = 1000;
  private static final String NAMESPACE = "default";

  private final List<ReplicaProcess> replicas;
  private final Map<ReplicaProcess, ManagedChannel> channels = new ConcurrentHashMap<>();
  private final AtomicLong rounds = new AtomicLong();
  private volatile boolean going = true;
  private volatile long longestRefusalNanos;

  RegistryChurn(List<ReplicaProcess> replicas) {
    this.replicas = replicas;
  }

  /** Instances that have come and gone. */
  long rounds() {
    return rounds.get();
  }

  /** For how long at most no replica took what was asked. */
  Duration longestRefusal() {
    return Duration.ofNanos(longestRefusalNanos);
  }

  void end() {
    going = false;
  }

  /**
   * A further instance of a service comes and goes until {@link #end}; the application behind it
   * stays. Fails when nobody takes it for too long, or an instance that was registered is not there
   * when it leaves.
   */
  void run(String service, int port) {
    for (int i = 0; going; i++) {
      String id = service + "-extra-" + i % 3;
      Instance registered =
          taken(
              "the registration of " + id,
              replica -> {
                Instance instance = instance(id, service, port, Readiness.READY);
                String incarnation = register(replica, instance);
                return instance.toBuilder().setIncarnation(incarnation).build();
              });
      // Of a call that broke off nobody knows whether it has removed it.
      boolean[] perhapsGone = {false};
      boolean removed =
          taken(
              "the leave of " + id,
              replica -> {
                try {
                  return deregister(replica, registered).getRemoved();
                } catch (StatusRuntimeException e) {
                  perhapsGone[0] = true;
                  throw e;
                }
              });
      assertThat(removed || perhapsGone[0])
          .as("%s was registered and is there when it leaves", id)
          .isTrue();
      rounds.incrementAndGet();
    }
  }

  /** Registers one that nobody hears of again, and that gets no requests. */
  void registerSilent(ReplicaProcess at, String id, String service) {
    assertThat(register(at, instance(id, service, 9, Readiness.NOT_READY))).isNotEmpty();
  }

  /** The ids of a service's instances, as a replica lists them. */
  List<String> registered(ReplicaProcess at, String service) {
    return registry(at)
        .listInstances(
            ListInstancesRequest.newBuilder().setNamespace(NAMESPACE).setService(service).build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  @Override
  public void close() {
    going = false;
    channels.values().forEach(ManagedChannel::shutdownNow);
  }

  /** Asks one replica after the other until one answers. */
  private <T> T taken(String what, Function<ReplicaProcess, T> call) {
    long begin = System.nanoTime();
    while (true) {
      Optional<T> answer = anyOf(call);
      long without = System.nanoTime() - begin;
      longestRefusalNanos = Math.max(longestRefusalNanos, without);
      assertThat(Duration.ofNanos(without))
          .as("no replica of %s took %s", replicas.size(), what)
          .isLessThan(LONGEST_REFUSAL);
      if (answer.isPresent()) {
        return answer.get();
      }
    }
  }

  private <T> Optional<T> anyOf(Function<ReplicaProcess, T> call) {
    for (ReplicaProcess replica : replicas) {
      try {
        return Optional.of(call.apply(replica));
      } catch (StatusRuntimeException e) {
        // The next one; this one is being restarted.
      }
    }
    return Optional.empty();
  }

  private String register(ReplicaProcess at, Instance instance) {
    return registry(at)
        .register(RegisterRequest.newBuilder().setInstance(instance).build())
        .getIncarnation();
  }

  private DeregisterResponse deregister(ReplicaProcess at, Instance instance) {
    return registry(at)
        .deregister(
            DeregisterRequest.newBuilder()
                .setNamespace(instance.getNamespace())
                .setId(instance.getId())
                .setIncarnation(instance.getIncarnation())
                .setAwaitSubscribersMillis(AWAIT_SUBSCRIBERS_MILLIS)
                .build());
  }

  private static Instance instance(String id, String service, int port, Readiness readiness) {
    return Instance.newBuilder()
        .setId(id)
        .setNamespace(NAMESPACE)
        .setService(service)
        .setAddress("127.0.0.1")
        .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(port))
        .setPeer(PeerKind.APPLICATION)
        .setReadiness(readiness)
        .build();
  }

  private RegistryServiceBlockingStub registry(ReplicaProcess replica) {
    ManagedChannel channel =
        channels.computeIfAbsent(
            replica,
            each ->
                NettyChannelBuilder.forAddress("127.0.0.1", each.port()).usePlaintext().build());
    return RegistryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }
}
