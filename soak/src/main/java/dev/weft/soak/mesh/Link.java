package dev.weft.soak.mesh;

import dev.weft.cli.demo.process.DemoFailed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A stretch of network: forwards connections from one address and port to a port of 127.0.0.1, in
 * one of several ways, which changes for those that are open too. Thread-safe; virtual threads move
 * the bytes.
 */
public final class Link implements AutoCloseable {
  private static final int BUFFER = 16 << 10;
  private static final int BACKLOG = 1024;

  /** So many pieces a second is a stream that trickles. */
  private static final int PIECES_A_SECOND = 10;

  private final String name;
  private final int target;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private boolean cut;
  private final Set<Direction> silent = EnumSet.noneOf(Direction.class);
  private Duration delay = Duration.ZERO;
  private int bytesPerSecond;

  /** Which way bytes go. */
  public enum Direction {
    /** From whoever connects. */
    THERE,
    /** To whoever has connected. */
    BACK
  }

  /**
   * Forwards from now on.
   *
   * @throws DemoFailed when the port is taken
   */
  public Link(String name, String address, int port, int target) {
    this.name = name;
    this.target = target;
    try {
      server = new ServerSocket();
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress(InetAddress.getByName(address), port), BACKLOG);
    } catch (IOException e) {
      throw new DemoFailed(
          "the link \"" + name + "\" cannot listen on " + address + ":" + port + ": " + e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** As printed. */
  public String name() {
    return name;
  }

  /** Resets all connections, and new ones at once, until {@link #mend}. */
  public void cut() {
    synchronized (this) {
      cut = true;
    }
    open.forEach(Link::reset);
  }

  /** Nothing comes through in either direction, until {@link #mend}; connections stay. */
  public synchronized void silence() {
    silent.addAll(EnumSet.allOf(Direction.class));
  }

  /** Nothing comes through in this direction, until {@link #mend}; in the other all does. */
  public synchronized void silence(Direction direction) {
    silent.add(direction);
  }

  /** So little of each connection comes through in each direction, piece by piece. */
  public synchronized void trickle(int perSecond) {
    bytesPerSecond = perSecond;
  }

  /** What comes through comes so much later, in each direction. */
  public synchronized void delay(Duration by) {
    delay = by;
  }

  /** Forwards at once again, also what was held back. */
  public synchronized void mend() {
    cut = false;
    silent.clear();
    delay = Duration.ZERO;
    bytesPerSecond = 0;
    notifyAll();
  }

  private synchronized boolean isCut() {
    return cut;
  }

  /**
   * Returns when some of what came at {@code since} may leave.
   *
   * @param piece when the piece before it left
   * @return how many bytes at most
   */
  private synchronized int awaitPassage(Direction direction, long since, long piece)
      throws InterruptedException {
    while (true) {
      long now = System.nanoTime();
      long left = delay.toNanos() - (now - since);
      if (bytesPerSecond > 0) {
        left = Math.max(left, TimeUnit.SECONDS.toNanos(1) / PIECES_A_SECOND - (now - piece));
      }
      if (silent.contains(direction)) {
        wait();
      } else if (left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } else {
        return bytesPerSecond > 0 ? Math.max(1, bytesPerSecond / PIECES_A_SECOND) : BUFFER;
      }
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> forward(client));
      } catch (IOException e) {
        // Closed, or the client is gone already.
      }
    }
  }

  private void forward(Socket client) {
    try (Socket upstream = new Socket()) {
      long now = System.nanoTime();
      var _ = awaitPassage(Direction.THERE, now, now);
      if (isCut()) {
        return;
      }
      client.setTcpNoDelay(true);
      upstream.setTcpNoDelay(true);
      upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
      open.add(upstream);
      Thread back = Thread.ofVirtual().start(() -> copy(Direction.BACK, upstream, client));
      copy(Direction.THERE, client, upstream);
      back.join();
      open.remove(upstream);
      client.close();
    } catch (IOException e) {
      // The target refuses: the client is told as well as can be, below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      reset(client);
      open.remove(client);
    }
  }

  private void copy(Direction direction, Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        long since = System.nanoTime();
        long piece = since;
        for (int at = 0; at < read; ) {
          int length = Math.min(read - at, awaitPassage(direction, since, piece));
          out.write(buffer, at, length);
          at += length;
          piece = System.nanoTime();
        }
      }
      to.shutdownOutput();
    } catch (IOException e) {
      reset(from);
      reset(to);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void reset(Socket socket) {
    try {
      if (!socket.isClosed()) {
        socket.setSoLinger(true, 0);
        socket.close();
      }
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    cut();
    mend();
  }
}
