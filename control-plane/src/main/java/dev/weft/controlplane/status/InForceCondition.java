package dev.weft.controlplane.status;

import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.validate.RouteConditions.Condition;

/**
 * The condition {@code weft.dev/InForce}: whether every connected sidecar that needs a document has
 * confirmed its newest version. Gateway API has none for routes that means this ({@code Programmed}
 * is a Gateway's, and promises less), so the type carries our domain, as its conventions want it.
 * Pure.
 */
final class InForceCondition {
  static final String TYPE = "weft.dev/InForce";

  /** Everyone who needs it has it. */
  private static final String IN_FORCE = "InForce";

  /** No sidecar calls what it is about. */
  private static final String NOT_NEEDED = "NotNeeded";

  /** Some sidecars, or replicas of the control plane, have not answered yet. */
  private static final String PENDING = "Pending";

  /** Some sidecar refuses it. */
  static final String REFUSED = "Refused";

  private static final int MAX_REFUSAL = 500;

  private InForceCondition() {}

  static Condition of(Standing standing) {
    String counted = standing.inForce() + " of " + sidecars(standing.needed());
    if (standing.refused() > 0) {
      return new Condition(
          TYPE,
          false,
          REFUSED,
          "It is in force in "
              + counted
              + "; "
              + (standing.refused() == 1
                  ? "1 refuses it and keeps what it had: "
                  : standing.refused() + " refuse it and keep what they had: ")
              + shortened(standing.refusal())
              + unheard(standing));
    }
    if (!standing.settled()) {
      return new Condition(
          TYPE,
          false,
          PENDING,
          standing.needed() == 0
              ? "It is not known yet which sidecars have it in force" + unheard(standing)
              : "It is in force in " + counted + " so far" + unheard(standing));
    }
    return standing.needed() == 0
        ? new Condition(TYPE, true, NOT_NEEDED, "No connected sidecar calls what it is about.")
        : new Condition(TYPE, true, IN_FORCE, "It is in force in " + counted + ".");
  }

  private static String shortened(String refusal) {
    return refusal.length() <= MAX_REFUSAL ? refusal : refusal.substring(0, MAX_REFUSAL) + "...";
  }

  private static String sidecars(int count) {
    return count == 1 ? "1 sidecar that needs it" : count + " sidecars that need it";
  }

  private static String unheard(Standing standing) {
    return standing.silent() == 0
        ? "."
        : "; "
            + (standing.silent() == 1
                ? "1 replica of the control plane has"
                : standing.silent() + " replicas of the control plane have")
            + " not told yet of its newest version.";
  }
}
