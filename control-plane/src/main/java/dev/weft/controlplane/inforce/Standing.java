package dev.weft.controlplane.inforce;

/**
 * How a document stands with connected sidecars. A value.
 *
 * @param needed sidecars that have it in their configuration, or are to have it
 * @param inForce those that have confirmed its newest version
 * @param refused those that have refused that
 * @param refusal who refuses what and why, of one of them; empty: nobody does
 * @param silent replicas of the control plane that have not told yet of their sidecars
 */
public record Standing(int needed, int inForce, int refused, String refusal, int silent) {
  /** Nobody needs it. */
  public static final Standing UNNEEDED = new Standing(0, 0, 0, "", 0);

  /** A replica that has not told. */
  static final Standing SILENT = new Standing(0, 0, 0, "", 1);

  /** Whether every sidecar has answered, so that nothing is to be waited for. */
  public boolean settled() {
    return silent == 0 && inForce + refused == needed;
  }

  /** This and other sidecars together. */
  Standing plus(Standing other) {
    return new Standing(
        needed + other.needed,
        inForce + other.inForce,
        refused + other.refused,
        refusal.isEmpty() ? other.refusal : refusal,
        silent + other.silent);
  }
}
