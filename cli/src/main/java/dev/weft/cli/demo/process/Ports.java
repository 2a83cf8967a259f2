package dev.weft.cli.demo.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports of the loopback address, each given once. They are below those that the system hands
 * to outgoing connections, so that none is taken while the process that had it is down. Used by the
 * main thread only.
 */
public final class Ports {
  private static final int FIRST = 12_000;
  private static final int LAST = 31_999;
  private static final int TRIES = 1_000;

  private final Set<Integer> given = new HashSet<>();

  public int next() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
      if (!given.contains(port) && free(port)) {
        given.add(port);
        return port;
      }
    }
    throw new DemoFailed("no free port from " + FIRST + " to " + LAST + " on the loopback address");
  }

  /** {@code wanted} if it is free, else another. */
  public int prefer(int wanted) {
    if (free(wanted)) {
      given.add(wanted);
      return wanted;
    }
    return next();
  }

  private static boolean free(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
