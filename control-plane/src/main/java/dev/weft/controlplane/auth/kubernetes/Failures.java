package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.auth.ReviewUnavailableException;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** What a person is told when the API server does not do as it was asked. */
final class Failures {
  private static final int TOO_MANY_REQUESTS = 429;

  private Failures() {}

  /**
   * One line.
   *
   * @param what was asked for, as in "create tokenreviews"
   * @param remedy when it is not allowed
   */
  static String say(KubernetesClientException failure, String what, String remedy) {
    if (failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      return "the control plane may not " + what + " (" + message(failure) + "); " + remedy;
    }
    return failure.getCode() == 0
        ? "the API server is not reached: " + message(failure)
        : "the API server refused to " + what + ": " + message(failure);
  }

  /** Whether the API server was not reached, or is not up to it now: asking again may help. */
  static boolean passing(KubernetesClientException failure) {
    int code = failure.getCode();
    return code == 0 || code == TOO_MANY_REQUESTS || code >= HttpURLConnection.HTTP_INTERNAL_ERROR;
  }

  static ReviewUnavailableException unavailable(
      KubernetesClientException failure, String what, String remedy) {
    return new ReviewUnavailableException(say(failure, what, remedy), failure);
  }

  private static String message(KubernetesClientException failure) {
    Status status = failure.getStatus();
    if (status != null && status.getMessage() != null) {
      return status.getMessage();
    }
    Throwable root = failure;
    while (root.getCause() != null && root.getCause().getMessage() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
