package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryStatus;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.ConflictException;
import dev.weft.controlplane.registry.store.LeaseExpiredException;
import dev.weft.controlplane.registry.store.StoreClosedException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreReplacedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.source.operator.OverrideRefusedException;
import dev.weft.controlplane.source.self.ContendedException;
import dev.weft.controlplane.source.self.InvalidInstanceException;
import dev.weft.controlplane.source.self.NameOwnedException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;

/** Failures of the layers below as gRPC statuses. */
final class ApiErrors {
  private static final System.Logger LOG = System.getLogger(ApiErrors.class.getName());

  private ApiErrors() {}

  /** The status of a failure, with its message. */
  static StatusRuntimeException of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case StatusRuntimeException status -> status;
      case InvalidInstanceException invalid -> status(Status.INVALID_ARGUMENT, invalid);
      case NameOwnedException owned -> status(Status.FAILED_PRECONDITION, owned);
      case OverrideRefusedException refused -> status(ofOverride(refused), refused);
      case ContendedException contended -> status(Status.ABORTED, contended);
      case StoreException store -> status(ofStore(store), store);
      default -> {
        LOG.log(Level.ERROR, "a call failed unexpectedly", cause);
        yield Status.INTERNAL
            .withDescription("unexpected: " + cause + "; see the control plane's log")
            .asRuntimeException();
      }
    };
  }

  /** Refuses while there is nothing to answer from. */
  static void requireView(Registry registry) {
    RegistryStatus status = registry.status();
    if (status.state() == RegistryStatus.State.CONNECTING) {
      throw Status.UNAVAILABLE
          .withDescription("the control plane has no contact with its store: " + status.reason())
          .asRuntimeException();
    }
  }

  private static Status ofOverride(OverrideRefusedException refused) {
    return switch (refused.reason()) {
      case NOT_FOUND -> Status.NOT_FOUND;
      case INVALID -> Status.INVALID_ARGUMENT;
      case HARMFUL -> Status.FAILED_PRECONDITION;
    };
  }

  private static Status ofStore(StoreException failure) {
    return switch (failure) {
      case StoreUnavailableException e -> Status.UNAVAILABLE;
      case StoreReplacedException e -> Status.UNAVAILABLE;
      case StoreClosedException e -> Status.UNAVAILABLE;
      case LeaseExpiredException e -> Status.UNAVAILABLE;
      case ConflictException e -> Status.ABORTED;
      case CompactedException e -> Status.OUT_OF_RANGE;
      case StoreFailedException e -> Status.INTERNAL;
    };
  }

  private static StatusRuntimeException status(Status status, Throwable cause) {
    return status.withDescription(cause.getMessage()).withCause(cause).asRuntimeException();
  }
}
