package dev.weft.controlplane.inforce;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.RegistryView.Report;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.policy.v1.Policy;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells the other replicas, through the store and under this replica's lease, how documents of
 * Kubernetes stand with its sidecars. At most one transaction a second, of the chunks that differ;
 * nothing while this replica is alone. {@link #tick} is for one thread.
 */
public final class ReplicaReports {
  private static final System.Logger LOG = System.getLogger(ReplicaReports.class.getName());

  /** Between two transactions. */
  static final Duration EVERY = Duration.ofSeconds(1);

  /** Between two counts of a document that are both complete: its own sidecars come and go. */
  static final Duration QUIET = Duration.ofSeconds(5);

  private final Store store;
  private final ReplicaLease lease;
  private final SteadyCounts steady = new SteadyCounts(QUIET, Duration.ZERO);
  private final Counter writes;
  private long writtenNanos;
  private boolean wroteBefore;
  private String storeId = "";

  // Written by the store's threads, too.
  private volatile boolean underWay;
  private volatile long committed;

  /** One chunk as it should be. */
  private static final class Chunk {
    final Map<Document, Standing> documents = new HashMap<>();
    long changedAt;
    boolean unknown;
  }

  /**
   * @param lease of the replica that tells
   */
  public ReplicaReports(Store store, ReplicaLease lease, MeterRegistry meters) {
    this.store = store;
    this.lease = lease;
    writes =
        Counter.builder("weft.inforce.reports")
            .description("Chunks of what this replica told the leader of its sidecars")
            .register(meters);
  }

  /**
   * Tells what differs from what stands in the store.
   *
   * @param own of this replica's sidecars
   */
  public void tick(RegistryView view, InForce own, long nanos) {
    if (!view.storeId().equals(storeId)) {
      storeId = view.storeId();
      committed = 0;
    }
    Lease current = lease.current();
    if (current == null
        || view.replicas().stream().allMatch(lease.replicaId()::equals)
        || underWay
        || view.revision() < committed
        || (wroteBefore && nanos - writtenNanos < EVERY.toNanos())) {
      return;
    }
    List<Chunk> wanted = wanted(view, own, nanos);
    Map<Integer, String> stored = new HashMap<>();
    for (Report report : view.reports()) {
      if (report.replica().equals(lease.replicaId())) {
        stored.put(report.chunk(), report.text());
      }
    }
    Txn.Builder txn = Txn.builder();
    long bytes = 0;
    for (int i = 0; i < wanted.size(); i++) {
      Chunk chunk = wanted.get(i);
      String body = ReportText.body(chunk.documents);
      if (!chunk.unknown && differs(stored.get(i), body, chunk.changedAt)) {
        ByteString value = ByteString.copyFromUtf8(ReportText.text(own.revision(), body));
        bytes += value.size();
        if (bytes > Txn.MAX_BYTES / 2) {
          break;
        }
        txn.put(Keyspace.report(lease.replicaId(), i), value, current);
      }
    }
    if (txn.size() > 0) {
      commit(txn, nanos);
    }
  }

  /** Whether nothing is on its way to the store. */
  boolean idle() {
    return !underWay;
  }

  private List<Chunk> wanted(RegistryView view, InForce own, long nanos) {
    var chunks = new ArrayList<Chunk>();
    for (int i = 0; i < ReportText.CHUNKS; i++) {
      chunks.add(new Chunk());
    }
    Set<Document> there = new HashSet<>();
    for (Policy policy : view.policies("", "")) {
      String kind = policy.getKey().getKind();
      if (policy.getSource().equals(Keyspace.KUBERNETES) && Document.isCounted(kind)) {
        var document =
            new Document(kind, policy.getKey().getNamespace(), policy.getKey().getName());
        there.add(document);
        Chunk chunk = chunks.get(ReportText.chunk(document));
        long changedAt = policy.getRevision();
        chunk.changedAt = Math.max(chunk.changedAt, changedAt);
        Standing now = own.of(document, changedAt);
        Standing said = now.silent() > 0 ? null : steady.say(document, changedAt, now, nanos);
        if (said == null) {
          chunk.unknown = true;
        } else if (said.needed() > 0) {
          chunk.documents.put(document, said);
        }
      }
    }
    steady.retain(there);
    return chunks;
  }

  private static boolean differs(@Nullable String stored, String body, long changedAt) {
    return stored == null
        || !ReportText.bodyOf(stored).equals(body)
        || ReportText.parse(stored).revision() < changedAt;
  }

  private void commit(Txn.Builder txn, long nanos) {
    int chunks = txn.size();
    underWay = true;
    wroteBefore = true;
    writtenNanos = nanos;
    store
        .commit(txn.build())
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                committed = result.revision();
                writes.increment(chunks);
              } else {
                // The next tick tries again.
                LOG.log(Level.DEBUG, "not told of sidecars yet: {0}", failure.toString());
              }
              underWay = false;
            });
  }
}
