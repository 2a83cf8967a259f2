package dev.weft.controlplane.source.apply;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.ViewInventory;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.history.DocumentHistory;
import dev.weft.controlplane.registry.history.FormerVersions;
import dev.weft.controlplane.registry.history.PastState;
import dev.weft.controlplane.registry.history.PastState.Absent;
import dev.weft.controlplane.registry.history.PastState.Present;
import dev.weft.controlplane.registry.history.PastState.Unknown;
import dev.weft.controlplane.registry.history.Scope;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.source.apply.PolicyRefusedException.Reason;
import dev.weft.controlplane.validate.DocumentDecoder;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.RollbackResponse;
import dev.weft.proto.policy.v1.UnknownPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes documents what they were at a revision, forward: by one transaction, checked as by {@code
 * apply}, which is itself in the history. Decides on what the store holds, and again when somebody
 * overtakes it.
 *
 * <p>Futures fail with {@link PolicyRefusedException} or a store's exception. Safe from any thread;
 * nothing blocks.
 */
public final class PolicyRollback {
  private static final int ATTEMPTS = 8;
  private static final Duration CATCH_UP = Duration.ofSeconds(1);

  /** Leaves room for keys and stamps. */
  private static final int MAX_BYTES = Txn.MAX_BYTES / 4 * 3;

  private final Store store;
  private final Registry registry;
  private final LongSupplier utcMillis;

  /**
   * @param utcMillis the clock that stamps documents, in milliseconds since 1970
   */
  public PolicyRollback(Store store, Registry registry, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.utcMillis = utcMillis;
  }

  /** What is asked for. */
  public record Request(Scope scope, long revision, ChangeNote note, boolean dryRun) {}

  /** What differs, and what becomes of it. */
  private static final class Plan {
    final List<Policy> restored = new ArrayList<>();
    final List<Policy> removed = new ArrayList<>();
    final Map<PolicyKey, Policy> present = new HashMap<>();
    final List<UnknownPolicy> left = new ArrayList<>();
    long bytes;

    boolean empty() {
      return restored.isEmpty() && removed.isEmpty();
    }
  }

  /** Rolls back what differs; completes when this replica's view shows it, normally. */
  public CompletableFuture<RollbackResponse> rollBack(Request request) {
    return rollBack(request, ATTEMPTS);
  }

  private CompletableFuture<RollbackResponse> rollBack(Request request, int attempts) {
    return DocumentHistory.read(store, request.scope())
        .thenCompose(
            history ->
                registry
                    .awaitRevision(history.revision(), CATCH_UP)
                    .thenCompose(
                        reached -> carryOut(request, history, registry.current(), attempts)));
  }

  private CompletableFuture<RollbackResponse> carryOut(
      Request request, DocumentHistory history, RegistryView view, int attempts) {
    Plan plan = plan(request, history);
    var response = RollbackResponse.newBuilder().addAllLeft(plan.left);
    if (plan.empty()) {
      return CompletableFuture.completedFuture(response.setRevision(history.revision()).build());
    }
    PolicyBatch checked = DocumentDecoder.decode(manifests(request, plan), new ViewInventory(view));
    response.addAllWarnings(checked.warnings());
    if (!checked.errors().isEmpty()) {
      return CompletableFuture.completedFuture(
          response.addAllErrors(checked.errors()).setRevision(history.revision()).build());
    }
    var batch = new WriteBatch(utcMillis.getAsLong(), note(request));
    for (PolicyDocument document : checked.documents()) {
      batch.add(document, plan.present.get(document.key()));
    }
    plan.removed.forEach(batch::remove);
    if (request.dryRun()) {
      return CompletableFuture.completedFuture(
          response.addAllResults(batch.results(0)).setRevision(history.revision()).build());
    }
    return store
        .commit(batch.txn())
        .thenCompose(
            result -> {
              if (!result.succeeded() && attempts > 1) {
                return rollBack(request, attempts - 1);
              }
              long revision = result.orThrow("roll back " + shown(request.scope())).revision();
              plan.removed.forEach(gone -> AppliedPolicies.warnOfDangling(gone.getKey(), view));
              List<AppliedPolicy> results = batch.results(revision);
              return registry
                  .awaitRevision(revision, CATCH_UP)
                  .thenApply(
                      reached -> response.addAllResults(results).setRevision(revision).build());
            });
  }

  private static Plan plan(Request request, DocumentHistory history) {
    if (request.revision() > history.revision()) {
      throw new PolicyRefusedException(
          Reason.FUTURE,
          "revision "
              + request.revision()
              + " is not reached yet: the store is at "
              + history.revision());
    }
    Scope scope = request.scope();
    if (scope.named() && history.keys().isEmpty()) {
      throw new PolicyRefusedException(
          Reason.NOT_FOUND,
          "there is no "
              + AppliedPolicies.shown(scope.key())
              + ", and nothing is known of one that was");
    }
    var plan = new Plan();
    for (PolicyKey key : history.keys()) {
      consider(request, key, history, plan);
    }
    int count = plan.restored.size() + plan.removed.size();
    if (count > WriteBatch.MAX_DOCUMENTS || (count > 1 && plan.bytes > MAX_BYTES)) {
      throw new PolicyRefusedException(
          Reason.TOO_MUCH,
          count
              + " documents of "
              + plan.bytes
              + " bytes differ from revision "
              + request.revision()
              + ", more than can be written at once ("
              + WriteBatch.MAX_DOCUMENTS
              + ", or "
              + MAX_BYTES
              + " bytes): roll back one kind, one namespace or one document at a time");
    }
    return plan;
  }

  private static void consider(Request request, PolicyKey key, DocumentHistory history, Plan plan) {
    PastState now = history.at(key, history.revision());
    PastState then = history.at(key, request.revision());
    Policy present = policy(now);
    Policy past = policy(then);
    if (same(present, past) && !(then instanceof Unknown)) {
      return;
    }
    String why = null;
    Reason reason = Reason.OWNED;
    String owner = foreignOwner(present) == null ? foreignOwner(past) : foreignOwner(present);
    if (owner != null) {
      why =
          "is owned by "
              + owner
              + ": put it back there (what it was: weft get "
              + key.getKind()
              + " "
              + key.getName()
              + " -n "
              + key.getNamespace()
              + " --revision "
              + request.revision()
              + " -o yaml)";
    } else if (then instanceof Unknown(String unknown)) {
      why = "cannot be rolled back to revision " + request.revision() + ": " + unknown;
      reason = Reason.FORGOTTEN;
    }
    if (why == null) {
      if (present != null) {
        plan.present.put(key, present);
        plan.bytes += FormerVersions.bytes(present);
      }
      if (past != null) {
        plan.restored.add(past);
        plan.bytes += past.getSerializedSize();
      } else if (present != null) {
        plan.removed.add(present);
      }
    } else if (request.scope().named()) {
      throw new PolicyRefusedException(reason, AppliedPolicies.shown(key) + " " + why);
    } else {
      plan.left.add(UnknownPolicy.newBuilder().setKey(key).setWhy(why).build());
    }
  }

  private static boolean same(@Nullable Policy a, @Nullable Policy b) {
    return Objects.equals(text(a), text(b));
  }

  private static @Nullable String text(@Nullable Policy policy) {
    return policy == null ? null : policy.getJson();
  }

  private static @Nullable String foreignOwner(@Nullable Policy policy) {
    return policy == null || policy.getSource().equals(Keyspace.APPLY) ? null : policy.getSource();
  }

  private static @Nullable Policy policy(PastState state) {
    return switch (state) {
      case Present(var version) -> version.policy();
      case Absent _, Unknown _ -> null;
    };
  }

  private static List<Manifest> manifests(Request request, Plan plan) {
    return plan.restored.stream()
        .map(
            policy ->
                Manifest.newBuilder()
                    .setName("revision " + request.revision())
                    .setContent(policy.getJson())
                    .build())
        .toList();
  }

  private static ChangeNote note(Request request) {
    String why = request.note().reason();
    return request
        .note()
        .because("rollback to revision " + request.revision() + (why.isEmpty() ? "" : ": " + why));
  }

  private static String shown(Scope scope) {
    return scope.named() ? AppliedPolicies.shown(scope.key()) : "documents";
  }
}
