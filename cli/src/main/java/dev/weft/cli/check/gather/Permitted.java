package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Reads what the person may see, and says once of each thing that they may not. One thread. */
final class Permitted {
  private final Findings to;
  private final Set<String> said = new HashSet<>();

  Permitted(Findings to) {
    this.to = to;
  }

  /**
   * What a call gives, or {@code otherwise} where it is forbidden or does not exist.
   *
   * @param what is read, for people, e.g. {@code list pods}
   * @throws KubernetesClientException when the API server does not answer, or otherwise than that
   */
  <T> T read(String what, T otherwise, Supplier<T> call) {
    try {
      T got = call.get();
      return got == null ? otherwise : got;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        forbidden(
            what,
            String.valueOf(e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage()));
        return otherwise;
      }
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return otherwise;
      }
      throw e;
    }
  }

  /** Says that something could not be looked at. */
  void forbidden(String what, String message) {
    if (said.add(what)) {
      to.warning(
          CheckId.NOT_PERMITTED,
          "",
          "you may not " + what + ", so that this was not looked at: " + message,
          "have an administrator run the check, or give you that right");
    }
  }
}
