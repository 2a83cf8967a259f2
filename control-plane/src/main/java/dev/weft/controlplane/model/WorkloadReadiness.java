package dev.weft.controlplane.model;

/** Whether traffic may be sent to a workload, the best first. */
public enum WorkloadReadiness {
  READY,
  NOT_READY,
  /** Leaving: gets no new requests. */
  DRAINING
}
