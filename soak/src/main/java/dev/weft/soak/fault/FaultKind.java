package dev.weft.soak.fault;

/** What can go wrong, and what an operator or a caller can do, while requests are answered. */
public enum FaultKind {
  /** Every application of a zone says that it is healthy, and answers 503. */
  ZONE_ILL("every application answers 503 in", 3, 6),
  REPLICA_KILLED("kill -9 of", 2, 7),
  /** Each replica in turn is ended politely and started again. */
  REPLICAS_ROLLED("rolling restart of", 0, 0),
  ETCD_KILLED("kill -9 of", 2, 7),
  ETCD_PAUSED("paused:", 2, 7),
  ETCD_RESTARTED("polite restart of", 0, 0),
  LINK_DELAYED("delayed:", 3, 6),
  /** Connections are reset, new ones at once. */
  LINK_CUT("cut:", 2, 6),
  /** Connections stay, and nothing comes through. */
  LINK_SILENT("silent:", 2, 6),
  /** Connections stay, and nothing comes through in one direction. */
  LINK_ONE_WAY("cut one way:", 2, 6),
  /** Little by little comes through. */
  LINK_TRICKLES("trickling:", 3, 6),
  APP_KILLED("kill -9 of the application of", 2, 7),
  APP_ILL("503 from the application of", 2, 6),
  APP_SLOW("slow application of", 2, 6),
  SIDECAR_KILLED("kill -9 of the sidecar of", 1, 7),
  INSTANCE_RESTARTED("polite restart of", 0, 0),
  INSTANCE_DRAINED("drained:", 1, 4),
  ZONE_MAINTENANCE("maintenance of zone", 1, 4),
  WEIGHT_CHANGED("another weight for", 1, 3),
  ROUTE_CHANGED("other weights in the route of", 1, 3),
  POLICY_CHANGED("another balancer for", 1, 3),
  /** Taken back by the history of the document. */
  POLICY_ROLLED_BACK("another balancer, and back to the revision before, for", 1, 3),
  /** A new value for a share of the instances, taken back by the history of the document. */
  CONFIG_RELEASED("released to some, and back to the revision before: entry", 1, 3),
  CHURN_BURST("registrations and ends in a burst at", 1, 3),
  /** Streams that subscribe and never read what they are sent. */
  CALLER_SLOW("callers that never read at", 2, 5),
  /** Garbage, floods of calls, names that nobody knows. */
  CALLER_HOSTILE("hostile callers at", 2, 5);

  private final String words;
  private final int leastSeconds;
  private final int mostSeconds;

  FaultKind(String words, int leastSeconds, int mostSeconds) {
    this.words = words;
    this.leastSeconds = leastSeconds;
    this.mostSeconds = mostSeconds;
  }

  /** Stand before the target in what is printed. */
  public String words() {
    return words;
  }

  int leastMillis() {
    return leastSeconds * 1000;
  }

  int mostMillis() {
    return mostSeconds * 1000;
  }
}
