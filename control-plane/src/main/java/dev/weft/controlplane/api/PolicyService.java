package dev.weft.controlplane.api;

import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.history.DocumentHistory;
import dev.weft.controlplane.registry.history.Scope;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.source.apply.AppliedPolicies;
import dev.weft.controlplane.source.apply.PartlyAppliedException;
import dev.weft.controlplane.source.apply.PolicyRefusedException;
import dev.weft.controlplane.source.apply.PolicyRollback;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.yaml.NearMisses;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.DeleteResponse;
import dev.weft.proto.policy.v1.GetRequest;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.GetRevisionResponse;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.HistoryResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceImplBase;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.policy.v1.RollbackResponse;
import dev.weft.proto.policy.v1.WatchEvent;
import dev.weft.proto.policy.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Serves {@code weft.policy.v1}. Called on gRPC's threads; never blocks them. What it answers is
 * this replica's view, which a caller's own writes have reached.
 */
public final class PolicyService extends PolicyServiceImplBase {
  private static final List<String> KINDS = Kinds.all();

  private final Store store;
  private final Registry registry;
  private final AppliedPolicies policies;
  private final PolicyRollback rollback;
  private final StoreWatches watches;

  /**
   * @param limits where it counts and names who reaches one
   */
  public PolicyService(
      Store store,
      Registry registry,
      AppliedPolicies policies,
      PolicyRollback rollback,
      PeerLimits limits) {
    this.watches = new StoreWatches("policies", limits);
    this.store = store;
    this.registry = registry;
    this.policies = policies;
    this.rollback = rollback;
  }

  @Override
  public void apply(ApplyRequest request, StreamObserver<ApplyResponse> observer) {
    answer(
        observer,
        () ->
            policies.apply(
                manifests(request).getManifestsList(), Reasons.note(request.getReason())));
  }

  @Override
  public void validate(ApplyRequest request, StreamObserver<ApplyResponse> observer) {
    answer(observer, () -> policies.validate(manifests(request).getManifestsList()));
  }

  @Override
  public void get(GetRequest request, StreamObserver<Policy> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          PolicyKey key = key(request.getKey());
          RegistryView view = registry.current();
          Policy found = view.policy(key.getKind(), key.getNamespace(), key.getName());
          if (found == null) {
            throw notFound(key, view);
          }
          return found;
        });
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          kind(request.getKind(), true);
          RegistryView view = registry.current();
          return ListResponse.newBuilder()
              .setRevision(view.revision())
              .addAllPolicies(view.policies(request.getKind(), request.getNamespace()))
              .build();
        });
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> observer) {
    answer(
        observer,
        () ->
            policies
                .delete(key(request.getKey()), Reasons.note(request.getReason()))
                .thenApply(revision -> DeleteResponse.newBuilder().setRevision(revision).build()));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    try {
      kind(request.getKind(), true);
      if (request.getFromRevision() < 0) {
        throw invalid("from_revision is " + request.getFromRevision() + ", expected at least 0");
      }
      watches.enter(0);
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    var call = (ServerCallStreamObserver<WatchEvent>) observer;
    new PolicyWatch(request, call, watches::leave).start(store);
  }

  @Override
  public void history(HistoryRequest request, StreamObserver<HistoryResponse> observer) {
    answer(
        observer,
        () -> {
          if (request.getLimit() < 0) {
            throw invalid("limit is " + request.getLimit() + ", expected at least 0");
          }
          return DocumentHistory.read(
                  store, scope(request.getKind(), request.getNamespace(), request.getName()))
              .thenApply(history -> PolicyHistory.changes(history, request));
        });
  }

  @Override
  public void getRevision(
      GetRevisionRequest request, StreamObserver<GetRevisionResponse> observer) {
    answer(
        observer,
        () -> {
          long revision = revision("revision", request.getRevision());
          return DocumentHistory.read(
                  store, scope(request.getKind(), request.getNamespace(), request.getName()))
              .thenApply(history -> PolicyHistory.at(history, revision));
        });
  }

  @Override
  public void rollback(RollbackRequest request, StreamObserver<RollbackResponse> observer) {
    answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          return rollback.rollBack(
              new PolicyRollback.Request(
                  scope(request.getKind(), request.getNamespace(), request.getName()),
                  revision("to_revision", request.getToRevision()),
                  Reasons.note(request.getReason()),
                  request.getDryRun()));
        });
  }

  private static Scope scope(String kind, String namespace, String name) {
    kind(kind, true);
    if (!name.isEmpty() && (kind.isEmpty() || namespace.isEmpty())) {
      throw invalid("name is \"" + name + "\", expected with it a kind and a namespace");
    }
    return new Scope(kind, namespace, name);
  }

  private static long revision(String field, long revision) {
    if (revision < 1) {
      throw invalid(field + " is " + revision + ", expected a revision, 1 or more");
    }
    return revision;
  }

  private ApplyRequest manifests(ApplyRequest request) {
    ApiErrors.requireView(registry);
    if (request.getManifestsCount() == 0) {
      throw invalid("manifests is empty, expected at least one");
    }
    return request;
  }

  private static PolicyKey key(PolicyKey key) {
    kind(key.getKind(), false);
    if (key.getName().isEmpty()) {
      throw invalid("key.name is empty, expected the object's name");
    }
    return key.getNamespace().isEmpty() ? key.toBuilder().setNamespace("default").build() : key;
  }

  private static void kind(String kind, boolean optional) {
    if (!(optional && kind.isEmpty()) && !KINDS.contains(kind)) {
      throw invalid("kind is \"" + kind + "\", expected one of " + String.join(", ", KINDS));
    }
  }

  private static StatusRuntimeException notFound(PolicyKey key, RegistryView view) {
    List<String> names =
        view.policies(key.getKind(), key.getNamespace()).stream()
            .map(policy -> policy.getKey().getName())
            .toList();
    List<String> near = NearMisses.of(key.getName(), names, 1);
    return Status.NOT_FOUND
        .withDescription(
            "there is no "
                + key.getKind()
                + " "
                + key.getNamespace()
                + "/"
                + key.getName()
                + (near.isEmpty() ? "" : "; did you mean \"" + near.getFirst() + "\"?"))
        .asRuntimeException();
  }

  private static StatusRuntimeException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
  }

  private interface Answer<T> {
    CompletableFuture<T> future();
  }

  private static <T> void answer(StreamObserver<T> observer, Answer<T> answer) {
    CompletableFuture<T> future;
    try {
      future = answer.future();
    } catch (RuntimeException e) {
      future = CompletableFuture.failedFuture(e);
    }
    Calls.answer(
        observer,
        future.exceptionallyCompose(failure -> CompletableFuture.failedFuture(status(failure))));
  }

  private static Throwable status(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof PolicyRefusedException refused) {
      Status status =
          switch (refused.reason()) {
            case NOT_FOUND -> Status.NOT_FOUND;
            case OWNED, FORGOTTEN, TOO_MUCH -> Status.FAILED_PRECONDITION;
            case FUTURE -> Status.INVALID_ARGUMENT;
          };
      return status.withDescription(refused.getMessage()).asRuntimeException();
    }
    if (cause instanceof PartlyAppliedException partly && partly.getCause() != null) {
      Status why = ApiErrors.of(status(partly.getCause())).getStatus();
      return why.withDescription(why.getDescription() + "; " + partly.getMessage())
          .asRuntimeException();
    }
    return cause;
  }
}
