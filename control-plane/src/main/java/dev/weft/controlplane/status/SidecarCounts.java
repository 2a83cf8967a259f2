package dev.weft.controlplane.status;

import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.inforce.InForce;
import dev.weft.controlplane.inforce.ReplicaReports;
import dev.weft.controlplane.inforce.Replicas;
import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.inforce.SteadyCounts;
import dev.weft.controlplane.registry.RegistryView;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What statuses say of sidecars: on the replica that leads, what all replicas know together; the
 * others tell the leader. Asks without waiting. Made by any thread, then owned by the writer's.
 */
public final class SidecarCounts {
  /** Between two counts of one document that are both complete: pods come and go. */
  static final Duration QUIET = Duration.ofSeconds(30);

  /** After it was elected, a leader lets sidecars come before it counts them. */
  static final Duration SETTLING = Duration.ofSeconds(15);

  /** Between two looks for the sake of counts alone. */
  private static final Duration EVERY = Duration.ofSeconds(1);

  private final Supplier<CompletableFuture<InForce>> engine;
  private final ReplicaReports reports;
  private final Replicas replicas;
  private final SteadyCounts steady = new SteadyCounts(QUIET, SETTLING);
  private CompletableFuture<InForce> answer;
  private InForce own = InForce.UNKNOWN;
  private boolean moved = true;
  private boolean restless;
  private boolean awaited;
  private long lookedNanos;

  /**
   * @param replicaId this replica
   * @param engine how documents stand with its sidecars
   * @param reports by which it tells others of that
   */
  public SidecarCounts(
      String replicaId, Supplier<CompletableFuture<InForce>> engine, ReplicaReports reports) {
    this.engine = engine;
    this.reports = reports;
    this.replicas = new Replicas(replicaId);
    this.answer = CompletableFuture.completedFuture(InForce.UNKNOWN);
  }

  /** Takes the engine's last answer, if there is one, and asks anew. */
  void ask() {
    if (answer.isDone()) {
      InForce now = answer.getNow(InForce.UNKNOWN);
      moved |= !now.documents().equals(own.documents());
      own = now;
      answer = engine.get();
    }
  }

  /** This replica does not lead: it tells the one that does. */
  void report(RegistryView view, long nanos) {
    reports.tick(view, own, nanos);
  }

  /** This replica has come to lead. */
  void lead(long nanos) {
    steady.begin(nanos);
    moved = true;
  }

  /** Something is to be looked at anew: what other replicas tell, or what has had no turn yet. */
  void again() {
    moved = true;
  }

  /** Whether there may be something else to say. */
  boolean due(long nanos) {
    return awaited || ((moved || restless) && nanos - lookedNanos >= EVERY.toNanos());
  }

  /** A look at everything begins. */
  void look(RegistryView view, long nanos) {
    replicas.look(view, own);
    moved = false;
    restless = false;
    awaited = false;
    lookedNanos = nanos;
  }

  /**
   * What is to be said of a document.
   *
   * @param changedAt the revision of its last change
   * @return null: nothing, so that what stands there of the same version stays
   */
  @Nullable Standing say(Document document, long changedAt, long nanos) {
    Standing now = replicas.of(document, changedAt);
    Standing said = steady.say(document, changedAt, now, nanos);
    restless |= !now.equals(said);
    awaited |= said == null && steady.awaits(document);
    return said;
  }

  /** Whether something will be said of a document's change within a second. */
  boolean awaits(Document document) {
    return steady.awaits(document);
  }

  void retain(Set<Document> documents) {
    steady.retain(documents);
  }
}
