package dev.weft.controlplane.discovery;

import io.grpc.Status;

/** The transport under one stream. Called by the engine thread only. */
interface StreamCall {
  /** Whether the transport takes a response without holding it back in memory. */
  boolean isReady();

  void send(ResponseBytes response);

  /** Lets the next request in: at most one per stream is ever read ahead. */
  void requestNext();

  void close(Status status);

  /** Where the sidecar connects from, for people. */
  String peer();
}
