package dev.weft.controlplane.auth;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What a caller may, by the cluster's RBAC. Answers are remembered for ten seconds, so that a rule
 * that is added or taken away is felt soon, and good ones serve for ten minutes while the API
 * server does not answer. May block; safe from any thread.
 */
final class Authorizer {
  static final int MAX_ANSWERS = 10_000;
  static final Duration FRESH = Duration.ofSeconds(10);
  static final Duration STALE = Duration.ofMinutes(10);

  private final AccessReviewer reviewer;
  private final ReviewCache<Asked, Boolean> answers;

  private record Asked(Caller caller, Access access) {}

  Authorizer(AccessReviewer reviewer, LongSupplier nanoClock) {
    this.reviewer = reviewer;
    this.answers = new ReviewCache<>(MAX_ANSWERS, FRESH, STALE, answer -> answer, nanoClock);
  }

  /**
   * Does nothing when all of it is allowed.
   *
   * @throws RefusedException naming the first that is not, and the rule that would allow it
   * @throws ReviewUnavailableException when nobody can tell at present
   */
  void require(Caller caller, List<Access> all)
      throws RefusedException, ReviewUnavailableException {
    for (Access access : all) {
      boolean allowed =
          answers.get(new Asked(caller, access), STALE, () -> reviewer.allowed(caller, access));
      if (!allowed) {
        throw new RefusedException(
            Refusal.denied(
                caller.user()
                    + " may not "
                    + access.shown()
                    + ": the cluster's RBAC has no rule that allows it; an administrator can give"
                    + " it: "
                    + access.remedy(caller)));
      }
    }
  }

  ReviewCache<?, Boolean> answers() {
    return answers;
  }
}
