package dev.weft.sidecar.telemetry;

/** Which way a request passes the sidecar, as a label and as a field of the access log. */
public enum Direction {
  /** From a peer to our application. */
  INBOUND("inbound"),
  /** From our application to the mesh. */
  OUTBOUND("outbound");

  private final String label;

  Direction(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }
}
