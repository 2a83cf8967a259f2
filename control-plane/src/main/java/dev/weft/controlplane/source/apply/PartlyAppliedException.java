package dev.weft.controlplane.source.apply;

import dev.weft.proto.policy.v1.AppliedPolicy;
import java.util.List;
import java.util.concurrent.CompletionException;

/**
 * A batch of several transactions failed after some of them. The message says what was written; the
 * cause says why it went no further.
 */
public final class PartlyAppliedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private PartlyAppliedException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The failure itself if nothing was written before it. */
  static Throwable after(List<AppliedPolicy> written, int all, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (written.isEmpty()) {
      return cause;
    }
    long revision = written.stream().mapToLong(AppliedPolicy::getRevision).reduce(0, Math::max);
    return new PartlyAppliedException(
        "the first "
            + written.size()
            + " of "
            + all
            + " documents, "
            + AppliedPolicies.shown(written.getFirst().getKey())
            + " to "
            + AppliedPolicies.shown(written.getLast().getKey())
            + ", are written (up to revision "
            + revision
            + "); apply all of them again, which leaves those as they are and writes the rest",
        cause);
  }
}
