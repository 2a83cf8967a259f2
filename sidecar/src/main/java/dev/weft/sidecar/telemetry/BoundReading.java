package dev.weft.sidecar.telemetry;

/**
 * One bound at one moment.
 *
 * @param used -1: nothing is in use by its nature, as with a time
 * @param max where it lies now; 0: there is none
 * @param inbound how often workers reached it for requests to our application
 * @param outbound how often for our application's own requests
 * @param process how often it was reached elsewhere in the process
 */
public record BoundReading(
    Bound bound, long used, long max, long inbound, long outbound, long process) {
  /** How often it was reached since the start. */
  public long reached() {
    return inbound + outbound + process;
  }
}
