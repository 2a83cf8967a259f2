package dev.weft.controlplane.api;

import dev.weft.controlplane.auth.CallerName;
import dev.weft.controlplane.limit.HostRates;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Peers;
import dev.weft.controlplane.registry.Registry;
import dev.weft.proto.registry.v1.Instance;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Holds those who register, and those who watch, to their limits. To be asked on the thread that
 * serves the call; safe from any.
 */
final class RegistryGate {
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Registry registry;
  private final PeerLimits limits;
  private final LongSupplier nanoClock;
  private final StoreWatches watches;
  private final HostRates rates = new HostRates(PeerLimit.REGISTRATIONS);
  private final long most;
  private final long mostOfOne;

  // Guarded by this.
  private Map<String, Long> counted = Map.of();
  private long countedNanos;

  /**
   * @param nanoClock a monotonic one
   */
  RegistryGate(Registry registry, PeerLimits limits, LongSupplier nanoClock) {
    this(
        registry,
        limits,
        nanoClock,
        PeerLimit.INSTANCES.value(),
        PeerLimit.INSTANCES_OF_ONE.value());
  }

  RegistryGate(
      Registry registry, PeerLimits limits, LongSupplier nanoClock, long most, long mostOfOne) {
    this.most = most;
    this.mostOfOne = mostOfOne;
    this.registry = registry;
    this.nanoClock = nanoClock;
    this.limits = limits;
    this.watches = new StoreWatches("instances", limits);
  }

  PeerLimits limits() {
    return limits;
  }

  LongSupplier nanoClock() {
    return nanoClock;
  }

  /** Throws when that instance cannot be registered now. */
  void requireRoom(Instance instance) {
    requireRate();
    if (instance.getSerializedSize() > PeerLimit.INSTANCE.value()) {
      throw refused(
          PeerLimit.INSTANCE,
          Status.INVALID_ARGUMENT,
          "instance has "
              + instance.getSerializedSize()
              + " bytes, expected at most "
              + PeerLimit.INSTANCE.text()
              + " (limit instance): give it fewer or shorter labels and metadata");
    }
    int known = registry.current().workloadCount();
    if (known < most / 2
        || registry.current().workload(instance.getNamespace(), instance.getId()) != null) {
      return;
    }
    if (known >= most) {
      throw refused(
          PeerLimit.INSTANCES,
          Status.RESOURCE_EXHAUSTED,
          known
              + " instances are registered, at most "
              + most
              + " are allowed (limit instances): what registers them all? weft registry list");
    }
    String host = CallerName.current();
    long own = counts().getOrDefault(host, 0L);
    if (own >= mostOfOne) {
      throw refused(
          PeerLimit.INSTANCES_OF_ONE,
          Status.RESOURCE_EXHAUSTED,
          own
              + " instances were registered by "
              + host
              + ", at most "
              + mostOfOne
              + " are allowed to one (limit instances-of-one) when there are so many: weft registry"
              + " list shows who registered which");
    }
  }

  /** How many each has registered; no older than a second. */
  private synchronized Map<String, Long> counts() {
    long now = nanoClock.getAsLong();
    if (counted.isEmpty() || now - countedNanos >= FRESH_NANOS) {
      countedNanos = now;
      counted =
          registry.current().workloads("").stream()
              .collect(
                  Collectors.groupingBy(
                      workload -> workload.registration().registeredBy(), Collectors.counting()));
    }
    return counted;
  }

  /** Throws when somebody registers or leaves too often. */
  void requireRate() {
    if (!rates.take(Peers.currentHost(), nanoClock.getAsLong())) {
      throw refused(
          PeerLimit.REGISTRATIONS,
          Status.RESOURCE_EXHAUSTED,
          Peers.currentHost()
              + " registers or removes instances more than "
              + PeerLimit.REGISTRATIONS.text()
              + " (limit registrations): wait a second, then go on slower");
    }
  }

  /** Those who watch from the store's history. */
  StoreWatches watches() {
    return watches;
  }

  private StatusRuntimeException refused(PeerLimit limit, Status status, String message) {
    limits.reached(limit, Peers.currentHost(), Peers.currentAddress(), message);
    return status.withDescription(message).asRuntimeException();
  }
}
