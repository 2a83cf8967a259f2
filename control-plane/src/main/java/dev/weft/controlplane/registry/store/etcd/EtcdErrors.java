package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import io.grpc.Status;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What etcd's and gRPC's failures mean, in words. Stateless. */
final class EtcdErrors {
  private EtcdErrors() {}

  static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Whether a token is not known (any more): another one helps. */
  static boolean token(Status status) {
    String text = text(status);
    return text.contains("invalid auth token") || text.contains("revision of auth store is old");
  }

  static boolean compacted(Status status) {
    return text(status).contains("required revision has been compacted");
  }

  static boolean future(Status status) {
    return text(status).contains("required revision is a future revision");
  }

  static boolean leaseNotFound(Status status) {
    return text(status).contains("requested lease not found");
  }

  private static String text(Status status) {
    return status.getDescription() == null ? "" : status.getDescription();
  }

  /** Whether the same call may succeed a moment later. */
  static boolean transientFailure(Status status) {
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED -> certificate(status.getCause()) == null;
      case UNKNOWN, INTERNAL, ABORTED, CANCELLED -> true;
      default -> false;
    };
  }

  /**
   * The exception for a failure that has no meaning of its own for the caller.
   *
   * @param write whether the call might have changed something
   */
  static StoreException translate(Throwable failure, EtcdOptions options, boolean write) {
    Throwable cause = unwrap(failure);
    if (cause instanceof StoreException known) {
      return known;
    }
    Status status = Status.fromThrowable(cause);
    String head = "etcd at " + options.names() + ": ";
    String text = text(status);
    Throwable certificate = certificate(status.getCause());
    if (certificate != null) {
      return new StoreFailedException(
          head
              + "TLS failed: "
              + certificate.getMessage()
              + "; check the CA file, the client certificate and the names in etcd's certificate",
          cause);
    }
    if (text.contains("authentication failed") || text.contains("authentication is not enabled")) {
      return new StoreFailedException(
          head + "user " + options.user() + " is refused: " + text + "; check user and password",
          cause);
    }
    if (text.contains("permission denied") || text.contains("user name is empty")) {
      return new StoreFailedException(
          head
              + (options.user() == null ? "no user is given" : "user " + options.user())
              + ": "
              + text
              + "; it must be granted readwrite on the keys below "
              + options.root(),
          cause);
    }
    if (text.contains("database space exceeded")) {
      return new StoreFailedException(
          head + "its database is full (" + text + "); compact, defragment and disarm its alarm",
          cause);
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return new StoreUnavailableException(
          head + "no answer within " + readable(options.timeout()), write, cause);
    }
    if (transientFailure(status)) {
      return new StoreUnavailableException(head + reason(status), write, cause);
    }
    return new StoreFailedException(head + status.getCode() + " " + text, cause);
  }

  private static @Nullable Throwable certificate(@Nullable Throwable failure) {
    Throwable found = null;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof CertificateException || t instanceof SSLException) {
        found = t;
      }
    }
    return found;
  }

  private static String reason(Status status) {
    Throwable cause = status.getCause();
    return cause != null && cause.getMessage() != null ? cause.getMessage() : text(status);
  }

  private static String readable(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
