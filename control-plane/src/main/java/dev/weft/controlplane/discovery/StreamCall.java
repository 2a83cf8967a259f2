package dev.weft.controlplane.discovery;

import io.grpc.Status;

/** The transport under one stream. Called by the engine thread only. */
interface StreamCall {
  /** Whether the transport takes a response without holding it back in memory. */
  boolean isReady();

  /** Tells the sidecar that its stream is taken; before anything is sent. */
  void accept();

  void send(ResponseBytes response);

  /** Lets the next request in: at most one per stream is ever read ahead. */
  void requestNext();

  /** Ends it; what was sent before is sent before. */
  void close(Status status);

  /**
   * Ends it at once. What was sent and not read is thrown away: {@link #close} would keep it until
   * it is read. The other side is told that it was cut off, and not why.
   */
  void reset(Status status);

  /** Where the sidecar connects from, for people. */
  String peer();
}
