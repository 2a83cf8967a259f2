package dev.weft.sidecar.discovery;

import dev.weft.common.config.ConfigSnapshot;

/** Who puts configuration in force beside the hosts; called on the control loop. */
public interface ConfigListener {
  /** Before any worker has the snapshot's hosts: makes and changes, takes nothing away. */
  void prepare(ConfigSnapshot snapshot);

  /** Every worker has the snapshot's hosts: what it does not have may go. */
  void inForce(ConfigSnapshot snapshot);
}
