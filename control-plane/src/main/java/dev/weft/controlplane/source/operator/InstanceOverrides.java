package dev.weft.controlplane.source.operator;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.source.operator.OverrideRefusedException.Reason;
import dev.weft.controlplane.validate.yaml.NearMisses;
import dev.weft.proto.registry.v1.StoredOverride;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes what operators say of instances and zones. Each is decided on all that was said before, at
 * whichever replica: so two who drain the last two instances at the same time do not both succeed.
 *
 * <p>Futures fail with {@link OverrideRefusedException} or a store's exception. Safe from any
 * thread; nothing blocks.
 */
public final class InstanceOverrides {
  /** Overrides that are kept; what was lifted first makes room, and more are refused. */
  public static final int MAX_OVERRIDES = 1_000;

  private static final int ATTEMPTS = 8;
  private static final Duration CATCH_UP = Duration.ofSeconds(1);
  private static final int MAX_NAMED = 5;

  /** As a label's value of Kubernetes, where zones come from. */
  private static final Pattern ZONE =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

  private final Store store;
  private final Registry registry;
  private final LongSupplier utcMillis;

  /**
   * @param utcMillis the clock that stamps what is said, in milliseconds since 1970
   */
  public InstanceOverrides(Store store, Registry registry, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.utcMillis = utcMillis;
  }

  /**
   * What is said of an instance.
   *
   * @param drained null: as it was
   * @param weight null: as it was; 0: its own
   * @param force even if a service has no ready instance left
   */
  public record OfInstance(
      String namespace,
      String id,
      @Nullable Boolean drained,
      @Nullable Integer weight,
      boolean force,
      ChangeNote note) {}

  /** Whether a zone is under maintenance. */
  public record OfZone(String zone, boolean on, boolean force, ChangeNote note) {}

  /** That it is in force, from which revision on, and whether it was before. */
  public record Said(long revision, boolean unchanged) {}

  /** Says something of an instance. */
  public CompletableFuture<Said> set(OfInstance said) {
    Integer weight = said.weight();
    if (weight != null && (weight < 0 || weight > Syntax.MAX_WEIGHT)) {
      return refused(
          Reason.INVALID,
          "weight is "
              + weight
              + ", expected 1 to "
              + Syntax.MAX_WEIGHT
              + ", or 0 for its own; to send it nothing, drain it");
    }
    return write(
        Keyspace.instanceOverride(said.namespace(), said.id()), view -> decide(said, view));
  }

  /** Begins or ends the maintenance of a zone. */
  public CompletableFuture<Said> set(OfZone said) {
    if (!ZONE.matcher(said.zone()).matches()) {
      return refused(
          Reason.INVALID,
          "zone is \""
              + said.zone()
              + "\", expected a zone's name: 1 to 63 letters, digits, '-', '_' and '.'");
    }
    return write(Keyspace.zoneOverride(said.zone()), view -> decide(said, view));
  }

  /** What there is to write; null: nothing, it is so. */
  private @Nullable StoredOverride decide(OfInstance said, RegistryView view) {
    StoredOverride before = view.instanceOverride(said.namespace(), said.id());
    List<Workload> meant = meant(view, said.namespace(), said.id());
    if (meant.isEmpty() && before == null) {
      throw new OverrideRefusedException(
          Reason.NOT_FOUND, missing(view, said.namespace(), said.id()));
    }
    StoredOverride was = before == null ? StoredOverride.getDefaultInstance() : before;
    Boolean drain = said.drained();
    Integer weight = said.weight();
    boolean drained = drain == null ? was.getDrained() : drain;
    int weighs = weight == null ? was.getWeight() : weight;
    if (drained == was.getDrained() && weighs == was.getWeight()) {
      return null;
    }
    if (drained && !was.getDrained() && !said.force()) {
      requireOthers(
          view,
          meant,
          "instance " + said.namespace() + "/" + said.id(),
          workload ->
              workload.id().equals(said.id()) && workload.namespace().equals(said.namespace()));
    }
    return StoredOverride.newBuilder()
        .setNamespace(said.namespace())
        .setId(said.id())
        .setDrained(drained)
        .setWeight(weighs)
        .setReason(said.note().reason())
        .setBy(said.note().by())
        .setAtMillis(utcMillis.getAsLong())
        .build();
  }

  private @Nullable StoredOverride decide(OfZone said, RegistryView view) {
    StoredOverride before = view.zoneOverride(said.zone());
    if (said.on() == (before != null && before.getDrained())) {
      return null;
    }
    Predicate<Workload> there = workload -> workload.locality().zone().equals(said.zone());
    List<Workload> meant = view.workloads("").stream().filter(there).toList();
    if (said.on() && meant.isEmpty() && !said.force()) {
      List<String> zones =
          view.workloads("").stream()
              .map(workload -> workload.locality().zone())
              .filter(zone -> !zone.isEmpty())
              .distinct()
              .sorted()
              .toList();
      throw new OverrideRefusedException(
          Reason.NOT_FOUND,
          "no instance is in zone \""
              + said.zone()
              + "\"; there are: "
              + (zones.isEmpty() ? "none" : String.join(", ", zones))
              + " (for a zone that is still to come: force)");
    }
    if (said.on() && !said.force()) {
      requireOthers(view, meant, "zone " + said.zone(), there);
    }
    return StoredOverride.newBuilder()
        .setZone(said.zone())
        .setDrained(said.on())
        .setReason(said.note().reason())
        .setBy(said.note().by())
        .setAtMillis(utcMillis.getAsLong())
        .build();
  }

  /** Of a pod that several services list, each of its workloads. */
  private static List<Workload> meant(RegistryView view, String namespace, String id) {
    List<Workload> ofPod = view.endpointsOfPod(namespace, id);
    Workload one = view.workload(namespace, id);
    return !ofPod.isEmpty() || one == null ? ofPod : List.of(one);
  }

  /** Refuses when a service has ready instances, all of which would go. */
  private static void requireOthers(
      RegistryView view, List<Workload> meant, String what, Predicate<Workload> goes) {
    List<String> emptied = new ArrayList<>();
    meant.stream()
        .filter(Workload::ready)
        .flatMap(workload -> view.servicesOf(workload).stream())
        .distinct()
        .filter(service -> !keeps(view, service, goes))
        .map(service -> service.namespace() + "/" + service.name())
        .distinct()
        .sorted()
        .forEach(emptied::add);
    if (!emptied.isEmpty()) {
      int more = emptied.size() - MAX_NAMED;
      throw new OverrideRefusedException(
          Reason.HARMFUL,
          what
              + " has the only ready instances of "
              + String.join(", ", emptied.subList(0, Math.min(MAX_NAMED, emptied.size())))
              + (more > 0 ? " and " + more + " more" : "")
              + ": without them requests are answered with 503; make others ready first, or force"
              + " it");
    }
  }

  private static boolean keeps(RegistryView view, Service service, Predicate<Workload> goes) {
    return view.workloadsOf(service).stream()
        .anyMatch(workload -> workload.ready() && !goes.test(workload));
  }

  private static String missing(RegistryView view, String namespace, String id) {
    List<String> ids = view.workloads(namespace).stream().map(Workload::id).toList();
    List<String> near = NearMisses.of(id, ids, 1);
    return "there is no instance "
        + namespace
        + "/"
        + id
        + (near.isEmpty()
            ? "; see weft registry list"
            : "; did you mean \"" + near.getFirst() + "\"?");
  }

  private CompletableFuture<Said> write(
      String key, Function<RegistryView, @Nullable StoredOverride> decision) {
    return write(key, decision, ATTEMPTS);
  }

  private CompletableFuture<Said> write(
      String key, Function<RegistryView, @Nullable StoredOverride> decision, int attempts) {
    return store
        .range(Keyspace.OVERRIDE_PREFIX)
        .thenCompose(
            range ->
                registry
                    .awaitRevision(range.revision(), CATCH_UP)
                    .thenCompose(
                        reached -> {
                          StoredOverride wanted = decision.apply(registry.current());
                          if (wanted == null) {
                            return CompletableFuture.completedFuture(
                                new Said(range.revision(), true));
                          }
                          return commit(key, wanted, range, decision, attempts);
                        }));
  }

  private CompletableFuture<Said> commit(
      String key,
      StoredOverride wanted,
      Range range,
      Function<RegistryView, @Nullable StoredOverride> decision,
      int attempts) {
    Entry serial = find(range, Keyspace.OVERRIDE_SERIAL);
    Txn.Builder txn = Txn.builder();
    if (find(range, key) == null && range.entries().size() > MAX_OVERRIDES) {
      Entry lifted = firstLifted(range);
      if (lifted == null) {
        return refused(
            Reason.HARMFUL,
            "no override can be added: "
                + MAX_OVERRIDES
                + " are in force, and no more are kept; lift what is not needed, see weft registry"
                + " overrides");
      }
      txn.delete(lifted.key());
    }
    if (serial == null) {
      txn.ifAbsent(Keyspace.OVERRIDE_SERIAL);
    } else {
      txn.ifModRevision(Keyspace.OVERRIDE_SERIAL, serial.modRevision());
    }
    txn.put(Keyspace.OVERRIDE_SERIAL, ByteString.copyFromUtf8(UUID.randomUUID().toString()));
    txn.put(key, wanted.toByteString());
    return store
        .commit(txn.build())
        .thenCompose(
            result ->
                !result.succeeded() && attempts > 1
                    ? write(key, decision, attempts - 1)
                    : registry
                        .awaitRevision(result.orThrow("override " + key).revision(), CATCH_UP)
                        .thenApply(reached -> new Said(result.revision(), false)));
  }

  /** Of those that are only remembered, the one that was lifted first. */
  private static @Nullable Entry firstLifted(Range range) {
    Entry first = null;
    long when = Long.MAX_VALUE;
    for (Entry entry : range.entries()) {
      StoredOverride override = stored(entry);
      if (override != null
          && !override.getDrained()
          && override.getWeight() == 0
          && override.getAtMillis() < when) {
        first = entry;
        when = override.getAtMillis();
      }
    }
    return first;
  }

  /** Null for what is none, or cannot be read: that is not ours to drop. */
  private static @Nullable StoredOverride stored(Entry entry) {
    if (entry.key().equals(Keyspace.OVERRIDE_SERIAL)) {
      return null;
    }
    try {
      return StoredOverride.parseFrom(entry.value());
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static @Nullable Entry find(Range range, String key) {
    return range.entries().stream()
        .filter(entry -> entry.key().equals(key))
        .findFirst()
        .orElse(null);
  }

  private static <T> CompletableFuture<T> refused(Reason reason, String message) {
    return CompletableFuture.failedFuture(new OverrideRefusedException(reason, message));
  }
}
