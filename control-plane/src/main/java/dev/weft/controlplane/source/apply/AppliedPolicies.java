package dev.weft.controlplane.source.apply;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.ViewInventory;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.source.apply.PolicyRefusedException.Reason;
import dev.weft.controlplane.validate.DocumentDecoder;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.AppliedPolicy.Action;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Applies and removes documents. Every write compares what it was decided on; one that somebody
 * else overtook is decided again on what the store holds then.
 *
 * <p>Futures fail with {@link PolicyRefusedException}, {@link PartlyAppliedException} or a store's
 * exception. Safe from any thread; nothing blocks.
 */
public final class AppliedPolicies {
  private static final System.Logger LOG = System.getLogger(AppliedPolicies.class.getName());
  private static final int ATTEMPTS = 8;
  private static final Duration CATCH_UP = Duration.ofSeconds(1);

  private final Store store;
  private final Registry registry;
  private final PolicyReader reader;
  private final LongSupplier utcMillis;

  /**
   * @param utcMillis the clock that stamps documents, in milliseconds since 1970
   */
  public AppliedPolicies(
      Store store, Registry registry, PolicyReader reader, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.reader = reader;
    this.utcMillis = utcMillis;
  }

  /**
   * Writes every document of the manifests, or nothing when one of them has an error. Documents are
   * written in as few transactions as fit, so that a batch normally takes effect at one revision.
   * If one fails after others, a {@link PartlyAppliedException} says what was written. Completes
   * when this replica's view shows it, normally.
   */
  public CompletableFuture<ApplyResponse> apply(List<Manifest> manifests, ChangeNote note) {
    return check(manifests)
        .thenCompose(
            checked ->
                checked.errors.isEmpty()
                    ? write(checked, note)
                    : CompletableFuture.completedFuture(checked.refusal()));
  }

  /** What {@link #apply} would say. */
  public CompletableFuture<ApplyResponse> validate(List<Manifest> manifests) {
    return check(manifests)
        .thenApply(
            checked -> {
              if (!checked.errors.isEmpty()) {
                return checked.refusal();
              }
              var response = checked.answer().setRevision(checked.view.revision());
              for (PolicyDocument document : checked.documents) {
                Policy stored = stored(checked.view, document.key());
                Action action = action(stored, document);
                response.addResults(
                    result(document, action, stored == null ? 0 : stored.getRevision()));
              }
              return response.build();
            });
  }

  /** Removes a document; the result is the revision of its removal. */
  public CompletableFuture<Long> delete(PolicyKey key, ChangeNote note) {
    return delete(key, note, ATTEMPTS).thenCompose(revision -> caughtUp(revision, revision));
  }

  private record Checked(
      RegistryView view,
      List<PolicyDocument> documents,
      List<PolicyError> errors,
      List<PolicyError> warnings) {
    ApplyResponse.Builder answer() {
      return ApplyResponse.newBuilder().addAllWarnings(warnings);
    }

    ApplyResponse refusal() {
      return answer().addAllErrors(errors).setRevision(view.revision()).build();
    }
  }

  private CompletableFuture<Checked> check(List<Manifest> manifests) {
    Checked first = check(manifests, registry.current());
    if (first.errors.isEmpty()) {
      return CompletableFuture.completedFuture(first);
    }
    // The view may lag behind what another replica has just acknowledged: nobody is refused for
    // that, so the store itself has the last word.
    return store
        .range("")
        .thenApply(
            range ->
                check(
                    manifests,
                    RegistryView.of(range.identity(), range.revision(), range.entries(), reader)));
  }

  private static Checked check(List<Manifest> manifests, RegistryView view) {
    PolicyBatch batch = DocumentDecoder.decode(manifests, new ViewInventory(view));
    var errors = new ArrayList<>(batch.errors());
    for (PolicyDocument document : batch.documents()) {
      Policy owner = view.policy(kind(document), namespace(document), name(document));
      if (owner != null && !owner.getSource().equals(Keyspace.APPLY)) {
        errors.add(owned(document, owner.getSource()));
      }
    }
    return new Checked(view, batch.documents(), errors, batch.warnings());
  }

  private static PolicyError owned(PolicyDocument document, String source) {
    return PolicyError.newBuilder()
        .setManifest(document.manifest())
        .setDocument(document.document())
        .setLine(document.line())
        .setObject(shown(document.key()))
        .setFieldPath("metadata.name")
        .setValue(name(document))
        .setExpected("an object that is applied here")
        .setMessage("is owned by " + source + ": change it there")
        .build();
  }

  private CompletableFuture<ApplyResponse> write(Checked checked, ChangeNote note) {
    CompletableFuture<List<AppliedPolicy>> written =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (List<PolicyDocument> chunk :
        WriteBatch.chunks(checked.documents, document -> stored(checked.view, document.key()))) {
      written =
          written.thenCompose(
              before ->
                  write(chunk, checked.view, note)
                      .exceptionallyCompose(
                          failure ->
                              CompletableFuture.failedFuture(
                                  PartlyAppliedException.after(
                                      before, checked.documents.size(), failure)))
                      .thenApply(
                          results -> {
                            before.addAll(results);
                            return before;
                          }));
    }
    return written.thenCompose(
        results -> {
          long revision =
              results.stream()
                  .mapToLong(AppliedPolicy::getRevision)
                  .reduce(checked.view.revision(), Math::max);
          return caughtUp(
              revision, checked.answer().addAllResults(results).setRevision(revision).build());
        });
  }

  /** Decides on the view first; what it does not change, and what conflicts, on the store. */
  private CompletableFuture<List<AppliedPolicy>> write(
      List<PolicyDocument> documents, RegistryView view, ChangeNote note) {
    var batch = new WriteBatch(utcMillis.getAsLong(), note);
    for (PolicyDocument document : documents) {
      batch.add(document, stored(view, document.key()));
    }
    if (batch.unchanged()) {
      return writeOnStored(documents, note, ATTEMPTS);
    }
    return store
        .commit(batch.txn())
        .thenCompose(
            result ->
                result.succeeded()
                    ? CompletableFuture.completedFuture(batch.results(result.revision()))
                    : writeOnStored(documents, note, ATTEMPTS));
  }

  private CompletableFuture<List<AppliedPolicy>> writeOnStored(
      List<PolicyDocument> documents, ChangeNote note, int attempts) {
    return store
        .range(Keyspace.POLICY_PREFIX)
        .thenCompose(
            range -> {
              RegistryView now =
                  RegistryView.of(range.identity(), range.revision(), range.entries(), reader);
              var batch = new WriteBatch(utcMillis.getAsLong(), note);
              for (PolicyDocument document : documents) {
                batch.add(document, stored(now, document.key()));
              }
              if (batch.unchanged()) {
                return CompletableFuture.completedFuture(batch.results(0));
              }
              return store
                  .commit(batch.txn())
                  .thenCompose(
                      result -> {
                        if (!result.succeeded() && attempts > 1) {
                          return writeOnStored(documents, note, attempts - 1);
                        }
                        result.orThrow(
                            documents.stream()
                                .map(document -> shown(document.key()))
                                .collect(Collectors.joining(", ", "apply ", "")));
                        return CompletableFuture.completedFuture(batch.results(result.revision()));
                      });
            });
  }

  private CompletableFuture<Long> delete(PolicyKey key, ChangeNote note, int attempts) {
    return store
        .range(Keyspace.POLICY_PREFIX)
        .thenCompose(
            range -> {
              RegistryView now =
                  RegistryView.of(range.identity(), range.revision(), range.entries(), reader);
              Policy found = now.policy(key.getKind(), key.getNamespace(), key.getName());
              refuseForeign(key, found);
              return store
                  .commit(removal(key, found, range, note))
                  .thenCompose(
                      result -> {
                        if (!result.succeeded() && attempts > 1) {
                          return delete(key, note, attempts - 1);
                        }
                        warnOfDangling(key, now);
                        return CompletableFuture.completedFuture(
                            result.orThrow("delete " + shown(key)).revision());
                      });
            });
  }

  private Txn removal(PolicyKey key, @Nullable Policy found, Range range, ChangeNote note) {
    if (found != null) {
      var batch = new WriteBatch(utcMillis.getAsLong(), note);
      batch.remove(found);
      return batch.txn();
    }
    // What cannot be read can be deleted all the same, and there is nothing to remember of it.
    String stored = storeKey(Keyspace.APPLY, key);
    return range.entries().stream()
        .filter(entry -> entry.key().equals(stored))
        .findFirst()
        .map(
            entry ->
                Txn.builder().ifModRevision(stored, entry.modRevision()).delete(stored).build())
        .orElseThrow(() -> notFound(key));
  }

  private static void refuseForeign(PolicyKey key, @Nullable Policy found) {
    if (found != null && !found.getSource().equals(Keyspace.APPLY)) {
      throw owned(key, found.getSource(), "delete");
    }
  }

  static PolicyRefusedException owned(PolicyKey key, String source, String what) {
    return new PolicyRefusedException(
        Reason.OWNED, shown(key) + " is owned by " + source + ": " + what + " it there");
  }

  static PolicyRefusedException notFound(PolicyKey key) {
    return new PolicyRefusedException(Reason.NOT_FOUND, "there is no " + shown(key));
  }

  static void warnOfDangling(PolicyKey key, RegistryView view) {
    if (!key.getKind().equals(Kinds.SERVICE)) {
      return;
    }
    var service = new ObjectKey(key.getNamespace(), key.getName());
    var routes = new ArrayList<>(view.httpRoutes(""));
    routes.addAll(view.otherRoutes(""));
    for (HttpRoute route : routes) {
      boolean refers =
          route.parents().stream().anyMatch(parent -> parent.key().equals(service))
              || route.rules().stream()
                  .flatMap(rule -> rule.backends().stream())
                  .anyMatch(backend -> backend.service().key().equals(service));
      if (refers) {
        LOG.log(
            Level.WARNING,
            "{0} was deleted, but {1} {2} refers to it: unless instances register under"
                + " the name, those requests are answered with 500",
            shown(key),
            route.kind().kind(),
            route.meta());
      }
    }
  }

  /** Waits, for a short while, until this replica shows what it has written. */
  private <T> CompletableFuture<T> caughtUp(long revision, T result) {
    return registry.awaitRevision(revision, CATCH_UP).thenApply(reached -> result);
  }

  static AppliedPolicy result(PolicyDocument document, Action action, long revision) {
    return AppliedPolicy.newBuilder()
        .setKey(document.key())
        .setAction(action)
        .setRevision(revision)
        .build();
  }

  static Action action(@Nullable Policy stored, PolicyDocument document) {
    if (stored == null) {
      return Action.CREATED;
    }
    return stored.getJson().equals(document.json()) ? Action.UNCHANGED : Action.CONFIGURED;
  }

  private static @Nullable Policy stored(RegistryView view, PolicyKey key) {
    return view.policy(key.getKind(), key.getNamespace(), key.getName());
  }

  static String storeKey(String source, PolicyKey key) {
    return Keyspace.policy(source, key.getKind(), key.getNamespace(), key.getName());
  }

  private static String kind(PolicyDocument document) {
    return document.key().getKind();
  }

  private static String namespace(PolicyDocument document) {
    return document.key().getNamespace();
  }

  private static String name(PolicyDocument document) {
    return document.key().getName();
  }

  static String shown(PolicyKey key) {
    return key.getKind() + " " + key.getNamespace() + "/" + key.getName();
  }
}
