package dev.weft.sidecar.discovery;

import io.grpc.Channel;

/** Is told, on the control loop, when there is a control plane to talk to. */
public interface ControlPlaneLink {
  /** The channel is usable until {@link #disconnected()}. */
  void connected(Channel channel);

  void disconnected();
}
