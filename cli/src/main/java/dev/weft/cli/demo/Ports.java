package dev.weft.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;

/** Free ports of the loopback address, each given once. Used by the main thread only. */
final class Ports {
  private final Set<Integer> given = new HashSet<>();

  int next() {
    while (true) {
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        if (given.add(socket.getLocalPort())) {
          return socket.getLocalPort();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("no free port on the loopback address", e);
      }
    }
  }

  /** {@code wanted} if it is free, else another. */
  int prefer(int wanted) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
      given.add(wanted);
      return wanted;
    } catch (IOException e) {
      return next();
    }
  }
}
