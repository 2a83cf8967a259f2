package dev.weft.controlplane.model;

/**
 * What an operator says of an instance, beside what it says itself. Immutable.
 *
 * @param drained whether it gets no new requests, by its own override or by its zone's
 * @param maintenanceZone the zone whose maintenance drains it; empty: none does
 * @param weight instead of its own; 0: its own
 * @param by who said so last; empty: nobody said anything
 * @param atMillis UTC milliseconds since 1970
 * @param revision the store's revision at which it was said
 */
public record OperatorOverride(
    boolean drained,
    String maintenanceZone,
    int weight,
    String reason,
    String by,
    long atMillis,
    long revision) {
  /** Nobody said anything. */
  public static final OperatorOverride NONE = new OperatorOverride(false, "", 0, "", "", 0, 0);

  /** Whether anything is other than the instance says itself. */
  public boolean inForce() {
    return drained || weight > 0;
  }

  /** Why it is drained, for a person. */
  public String drainReason() {
    String what =
        maintenanceZone.isEmpty() ? "drained" : "zone " + maintenanceZone + " is under maintenance";
    return what + (by.isEmpty() ? "" : ", by " + by) + (reason.isEmpty() ? "" : ": " + reason);
  }
}
