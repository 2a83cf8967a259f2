package dev.weft.controlplane.source.self;

import dev.weft.controlplane.model.Registration;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.Readiness;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes and removes instances on their own behalf. Every write compares what it was decided on; a
 * write that somebody else overtook is decided again on what the view shows then.
 *
 * <p>Futures fail with {@link InvalidInstanceException}, {@link NameOwnedException}, {@link
 * ContendedException} or a store's exception. Safe from any thread; nothing blocks.
 */
public final class SelfRegistration {
  private static final int ATTEMPTS = 8;
  private static final Duration CATCH_UP = Duration.ofSeconds(1);

  private final Store store;
  private final Registry registry;
  private final LongSupplier utcMillis;

  /**
   * @param utcMillis the clock that stamps registrations, in milliseconds since 1970
   */
  public SelfRegistration(Store store, Registry registry, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.utcMillis = utcMillis;
  }

  /** A registration that is durable and, normally, already in this replica's view. */
  public record Registered(String incarnation, long revision) {}

  /** Whether something was removed, and at which revision. */
  public record Removed(boolean removed, long revision) {}

  /**
   * Adds or replaces an instance; the same incarnation with the same content writes nothing.
   *
   * @param by who registers it
   */
  public CompletableFuture<Registered> register(Instance request, String by) {
    try {
      InstanceCheck.check(request);
    } catch (InvalidInstanceException e) {
      return CompletableFuture.failedFuture(e);
    }
    Instance instance =
        request.getIncarnation().isEmpty()
            ? request.toBuilder().setIncarnation(UUID.randomUUID().toString()).build()
            : request;
    return register(instance, by, ATTEMPTS);
  }

  /**
   * Removes an instance if it is registered under that incarnation. Fails with a {@link
   * StoreUnavailableException} when this replica is behind the store and cannot tell.
   */
  public CompletableFuture<Removed> deregister(String namespace, String id, String incarnation) {
    return deregister(namespace, id, incarnation, ATTEMPTS);
  }

  private CompletableFuture<Registered> register(Instance instance, String by, int attempts) {
    Workload existing = registry.current().workload(instance.getNamespace(), instance.getId());
    String owner = otherOwner(instance, existing);
    if (owner != null) {
      return CompletableFuture.failedFuture(new NameOwnedException(owner));
    }
    Registration registration = Registration.of(utcMillis.getAsLong(), by);
    Workload wanted =
        WorkloadCodec.toWorkload(instance, Keyspace.SELF, 0).withRegistration(registration);
    if (existing != null && existing.incarnation().equals(instance.getIncarnation())) {
      if (instance.getReadiness() == Readiness.READINESS_UNSPECIFIED) {
        wanted = wanted.withReadiness(existing.readiness(), existing.readinessReason());
      }
      if (wanted.saysTheSame(existing)
          && registry.loss().of(key(Keyspace.SELF, existing)) == null) {
        return CompletableFuture.completedFuture(
            new Registered(existing.incarnation(), existing.revision()));
      }
      wanted =
          wanted.withRegistration(
              existing.registration().changed(registration.changedAtMillis(), by));
    }
    String key = key(Keyspace.SELF, wanted);
    Txn.Builder txn =
        Txn.builder()
            .ifAbsent(key(Keyspace.APPLY, wanted))
            .ifAbsent(key(Keyspace.KUBERNETES, wanted))
            .ifAbsent(
                Keyspace.policy(
                    Keyspace.KUBERNETES, Kinds.SERVICE, wanted.namespace(), wanted.service()));
    String before = existing == null ? null : key(Keyspace.SELF, existing);
    if (existing != null && before != null) {
      registry.loss().requireUnchanged(txn, before, existing.revision());
      if (!before.equals(key)) {
        txn.delete(before);
      }
    }
    if (!key.equals(before)) {
      txn.ifAbsent(key);
    }
    txn.put(key, WorkloadCodec.toStored(wanted));
    return commit(
        txn.build(),
        revision -> new Registered(instance.getIncarnation(), revision),
        attempts,
        "instance " + instance.getNamespace() + "/" + instance.getId(),
        () -> register(instance, by, attempts - 1));
  }

  private CompletableFuture<Removed> deregister(
      String namespace, String id, String incarnation, int attempts) {
    Workload existing = registry.current().workload(namespace, id);
    if (existing == null
        || !existing.source().equals(Keyspace.SELF)
        || !existing.incarnation().equals(incarnation)) {
      // Before denying it, make sure that this replica is not behind.
      return store
          .range(Keyspace.REAPER_LEADER)
          .thenCompose(range -> registry.awaitRevision(range.revision(), CATCH_UP))
          .thenCompose(
              reached -> {
                Workload now = registry.current().workload(namespace, id);
                boolean registered =
                    now != null
                        && now.source().equals(Keyspace.SELF)
                        && now.incarnation().equals(incarnation);
                if (registered) {
                  return attempts > 1
                      ? deregister(namespace, id, incarnation, attempts - 1)
                      : CompletableFuture.failedFuture(
                          new ContendedException("instance " + namespace + "/" + id));
                }
                return reached
                    ? CompletableFuture.completedFuture(
                        new Removed(false, registry.current().revision()))
                    : CompletableFuture.failedFuture(behind(namespace, id));
              });
    }
    String key = key(Keyspace.SELF, existing);
    Txn.Builder txn = Txn.builder().delete(key);
    registry.loss().requireUnchanged(txn, key, existing.revision());
    return commit(
        txn.build(),
        revision -> new Removed(true, revision),
        attempts,
        "instance " + namespace + "/" + id,
        () -> deregister(namespace, id, incarnation, attempts - 1));
  }

  private static StoreUnavailableException behind(String namespace, String id) {
    return new StoreUnavailableException(
        "this control plane is behind its store and cannot tell whether "
            + namespace
            + "/"
            + id
            + " is registered: ask it again, or another one",
        false,
        null);
  }

  private <T> CompletableFuture<T> commit(
      Txn txn,
      LongFunction<T> answer,
      int attempts,
      String what,
      Supplier<CompletableFuture<T>> again) {
    return store
        .commit(txn)
        .thenCompose(
            result ->
                registry
                    .awaitRevision(result.revision(), CATCH_UP)
                    .thenCompose(
                        reached -> {
                          if (result.succeeded()) {
                            return CompletableFuture.completedFuture(
                                answer.apply(result.revision()));
                          }
                          return attempts > 1
                              ? again.get()
                              : CompletableFuture.failedFuture(new ContendedException(what));
                        }));
  }

  private @Nullable String otherOwner(Instance instance, @Nullable Workload existing) {
    if (existing != null && !existing.source().equals(Keyspace.SELF)) {
      return "instance "
          + instance.getNamespace()
          + "/"
          + instance.getId()
          + " is owned by source \""
          + existing.source()
          + "\": it is registered there, not by itself";
    }
    Service service = registry.current().service(instance.getNamespace(), instance.getService());
    if (service != null && service.kubernetes() != null) {
      return "service "
          + instance.getNamespace()
          + "/"
          + instance.getService()
          + " is owned by source \"kubernetes\": its endpoints are what Kubernetes lists, nothing"
          + " registers itself there; choose another service name, or start the sidecar in the pod"
          + " with --register off";
    }
    for (Workload other :
        registry.current().registeredUnder(instance.getNamespace(), instance.getService())) {
      if (!other.source().equals(Keyspace.SELF)) {
        return "service "
            + instance.getNamespace()
            + "/"
            + instance.getService()
            + " is owned by source \""
            + other.source()
            + "\" (instance "
            + other.id()
            + "): its instances do not register themselves";
      }
    }
    return null;
  }

  private static String key(String source, Workload workload) {
    return Keyspace.instance(source, workload.namespace(), workload.service(), workload.id());
  }
}
