package dev.weft.soak.churn;

import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Connections from addresses of our choice: the control plane's limits hold for a host. */
final class Channels {
  private Channels() {}

  /**
   * Connects when it is first used.
   *
   * @param from an address of the loopback
   * @param port of a replica
   */
  static ManagedChannel open(String from, int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .localSocketPicker(
            new NettyChannelBuilder.LocalSocketPicker() {
              @Override
              public SocketAddress createSocketAddress(SocketAddress to, Attributes attributes) {
                return new InetSocketAddress(from, 0);
              }
            })
        .build();
  }
}
