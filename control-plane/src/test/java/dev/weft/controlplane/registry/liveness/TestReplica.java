package dev.weft.controlplane.registry.liveness;

import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RemovalMarks;
import dev.weft.controlplane.registry.TestInstances;
import dev.weft.controlplane.registry.liveness.Sessions.Answer;
import dev.weft.controlplane.registry.liveness.Sessions.Heartbeat;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.registry.v1.Instance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** One control-plane replica's registry, sessions and reaper, ticked by the test. */
final class TestReplica implements AutoCloseable {
  static final Duration TTL = Duration.ofSeconds(10);

  final ControlledStore store;
  final Registry registry;
  final ReplicaLease lease;
  final Sessions sessions;
  final Reaper reaper;
  final List<String> silent = new ArrayList<>();
  final Sessions.Channel channel =
      (namespace, id, incarnation, wasSilent) -> {
        if (wasSilent) {
          silent.add(namespace + '/' + id);
        }
      };
  boolean serving = true;

  TestReplica(ControlledStore store, String id, AtomicLong nanos) {
    this.store = store;
    this.registry = new Registry(store, TestReplica::noPolicies);
    this.lease = new ReplicaLease(store, id, TTL);
    this.sessions = new Sessions(store, registry, lease, TTL, nanos::get);
    this.reaper =
        new Reaper(
            new RemovalMarks(store),
            registry,
            lease,
            sessions::hears,
            TTL,
            () -> serving,
            nanos::get);
    registry.start().join();
    lease.tick();
    await().until(() -> registry.current().replicas().contains(id));
    await().until(() -> lease.current() != null);
  }

  private static PolicyReader.Decoded noPolicies(dev.weft.proto.policy.v1.Policy policy) {
    throw new IllegalArgumentException("no policies here");
  }

  void tick() {
    lease.tick();
    sessions.tick();
    reaper.tick();
  }

  /** Writes an instance as Register would, and waits until this replica shows it. */
  void register(String service, String id, String incarnation) {
    String key = Keyspace.instance(Keyspace.SELF, "default", service, id);
    Instance instance = TestInstances.instance(service, id, incarnation);
    long revision =
        store
            .commit(Txn.builder().put(key, instance.toByteString()).build())
            .join()
            .orThrow("register")
            .revision();
    if (!registry.awaitRevision(revision, Duration.ofSeconds(10)).join()) {
      throw new AssertionError("the view does not reach revision " + revision);
    }
  }

  Answer heartbeat(String id, String incarnation) {
    return sessions
        .heard(channel, new Heartbeat("default", id, incarnation, WorkloadReadiness.READY, ""))
        .join();
  }

  Answer heartbeat(String id, String incarnation, WorkloadReadiness readiness) {
    return sessions
        .heard(channel, new Heartbeat("default", id, incarnation, readiness, "test"))
        .join();
  }

  boolean shows(String id) {
    return registry.current().workload("default", id) != null;
  }

  Workload workload(String id) {
    Workload workload = registry.current().workload("default", id);
    if (workload == null) {
      throw new AssertionError(id + " is not registered");
    }
    return workload;
  }

  /** The channel through which everybody was heard is gone. */
  void hangUp() {
    sessions.closed(
        channel,
        registry.current().workloads("").stream()
            .map(workload -> new ObjectKey(workload.namespace(), workload.id()))
            .toList());
  }

  void awaitSessions(int count) {
    await().until(() -> registry.current().sessionCount() == count);
  }

  @Override
  public void close() {
    registry.close();
  }
}
