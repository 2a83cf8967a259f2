package dev.weft.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceBlockingStub;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Guests: further instances of a service that register, are replaced by another incarnation, and
 * leave, while the applications behind them stay. Each is known by its incarnation. They are heard
 * all the while ({@link GuestHeartbeats}), so that nobody but themselves may remove them.
 * Thread-safe.
 */
final class InstancesUnderLoad extends RecordedKind {
  private static final String NAMESPACE = "default";
  private static final String STORED = "registry/self/";
  private static final long PACE_MILLIS = 60;

  private final Store store;
  private final String prefix;
  private final List<Guest> guests = new ArrayList<>();
  private final GuestHeartbeats heartbeats;
  private final Queue<String> failures;
  private volatile boolean mayLeave = true;

  /** One of them; its steps follow each other. */
  private static final class Guest {
    final ManagedChannel to;
    final Instance instance;
    String incarnation = "";
    boolean surelyRegistered;
    int steps;

    Guest(ManagedChannel to, Instance instance) {
      this.to = to;
      this.instance = instance;
    }
  }

  /**
   * @param service what they are instances of
   * @param failures where it is told what must not be
   */
  InstancesUnderLoad(
      Store store, String service, GuestHeartbeats heartbeats, Queue<String> failures) {
    this.store = store;
    this.prefix = service + "-guest-";
    this.heartbeats = heartbeats;
    this.failures = failures;
  }

  /**
   * They come and go from now on, each at one of the replicas.
   *
   * @param ports the applications, one each
   */
  void begin(
      PacedCalls writers, List<ManagedChannel> replicas, String service, List<Integer> ports) {
    for (int i = 0; i < ports.size(); i++) {
      Instance instance =
          Instance.newBuilder()
              .setId(prefix + i)
              .setNamespace(NAMESPACE)
              .setService(service)
              .setAddress("127.0.0.1")
              .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(ports.get(i)))
              .setPeer(PeerKind.APPLICATION)
              .setReadiness(Readiness.READY)
              .build();
      guests.add(new Guest(replicas.get(i % replicas.size()), instance));
    }
    guests.forEach(guest -> writers.every(PACE_MILLIS, () -> step(guest)));
  }

  /** Nobody leaves any more; returns when all are there. */
  void stay() {
    mayLeave = false;
    awaitWritten();
  }

  /** It comes, is replaced, and leaves; who is not known to be there comes. */
  private void step(Guest guest) {
    guest.steps++;
    if (mayLeave && guest.steps % 3 == 0 && guest.surelyRegistered) {
      leave(guest);
    } else {
      register(guest);
    }
  }

  private void register(Guest guest) {
    String incarnation = nextValue();
    String id = guest.instance.getId();
    Instance instance = guest.instance.toBuilder().setIncarnation(incarnation).build();
    // Heard before it is acknowledged: who knows when that is.
    heartbeats.alsoHear(id, incarnation);
    guest.surelyRegistered =
        write(
            id,
            incarnation,
            () ->
                registry(guest.to)
                    .register(RegisterRequest.newBuilder().setInstance(instance).build())
                    .getRevision());
    if (guest.surelyRegistered) {
      guest.incarnation = incarnation;
      heartbeats.hearOnly(id, incarnation);
    }
  }

  private void leave(Guest guest) {
    String id = guest.instance.getId();
    guest.surelyRegistered = false;
    var _ =
        write(
            id,
            null,
            () -> {
              DeregisterResponse response =
                  registry(guest.to)
                      .deregister(
                          DeregisterRequest.newBuilder()
                              .setNamespace(NAMESPACE)
                              .setId(id)
                              .setIncarnation(guest.incarnation)
                              .build());
              if (!response.getRemoved()) {
                failures.add(
                    id
                        + " was registered as "
                        + guest.incarnation
                        + ", and at revision "
                        + response.getRevision()
                        + " there is no such instance");
                return null;
              }
              return response.getRevision();
            });
    heartbeats.end(id);
  }

  @Override
  Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    guests.forEach(guest -> keys.add(guest.instance.getId()));
    return keys;
  }

  @Override
  Seen listed(ManagedChannel from) {
    ListInstancesResponse response = list(from);
    return new Seen(response.getRevision(), guestsOf(response.getInstancesList()));
  }

  @Override
  Seen stored() {
    Range range = store.range(STORED).join();
    return new Seen(range.revision(), guestsOf(instances(range)));
  }

  private Map<String, String> guestsOf(List<Instance> instances) {
    return byId(
        instances.stream().filter(instance -> instance.getId().startsWith(prefix)).toList(),
        Instance::getIncarnation);
  }

  /** Every instance that a replica lists, with what it is known by. */
  static List<Instance> allListed(ManagedChannel from) {
    return list(from).getInstancesList();
  }

  /** Every instance that the store keeps. */
  List<Instance> allStored() {
    return instances(store.range(STORED).join());
  }

  static Map<String, String> byId(List<Instance> instances, Function<Instance, String> value) {
    Map<String, String> found = new TreeMap<>();
    instances.forEach(instance -> found.put(instance.getId(), value.apply(instance)));
    return found;
  }

  private static ListInstancesResponse list(ManagedChannel from) {
    return registry(from).listInstances(ListInstancesRequest.getDefaultInstance());
  }

  private static List<Instance> instances(Range range) {
    List<Instance> found = new ArrayList<>();
    range
        .entries()
        .forEach(
            entry -> {
              try {
                found.add(Instance.parseFrom(entry.value()));
              } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(entry.key() + " is no instance", e);
              }
            });
    return found;
  }

  private static RegistryServiceBlockingStub registry(ManagedChannel at) {
    return RegistryServiceGrpc.newBlockingStub(at)
        .withDeadlineAfter(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }
}
