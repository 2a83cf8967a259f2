package dev.weft.sidecar.discovery;

/**
 * How the sidecar stands to its control plane, for {@code /config}, {@code /ready} and metrics.
 *
 * @param controlPlane the address in use or last tried
 * @param problem why it is not connected; empty when it is
 * @param replica what the control plane calls itself; empty: it has not said so
 * @param moves how often the stream was replaced by one to another control plane before it ended
 * @param configured whether there is a configuration at all, live or from the disk
 * @param fromDisk whether what is in force came from the disk and nothing has come since
 * @param lastRejection what was refused last; empty when nothing was
 * @param lastGood how the copy on disk is
 */
public record DiscoveryStatus(
    String controlPlane,
    String replica,
    long moves,
    boolean connected,
    String problem,
    boolean configured,
    boolean fromDisk,
    String storeId,
    long revision,
    int subscriptions,
    int resources,
    long responses,
    long acknowledged,
    long rejected,
    long resourcesReceived,
    String lastRejection,
    String lastGood) {
  /** Before anything is known. */
  public static final DiscoveryStatus NONE =
      new DiscoveryStatus(
          "", "", 0, false, "not started", false, false, "", 0, 0, 0, 0, 0, 0, 0, "", "");
}
