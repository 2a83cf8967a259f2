package dev.weft.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A stretch of network that can be cut, fall silent or be slow: forwards connections from a port of
 * its own to one of the loopback, or elsewhere. Cut, it ends all connections and every new one at
 * once; silent, it accepts and keeps them, and carries nothing; slow, it brings answers later.
 * Thread-safe; virtual threads do the work.
 */
public final class TcpRelay implements AutoCloseable {
  private static final int BUFFER = 8192;
  private static final int ANSWERS = 64 << 10;

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicLong answered = new AtomicLong();
  private final Lock lock = new ReentrantLock();
  private final Condition mended = lock.newCondition();
  private volatile boolean cut;

  // Guarded by the lock.
  private boolean silent;
  private long delayNanos;

  /** Begins to forward from a port of the loopback to another. */
  public TcpRelay(int target) {
    this(InetAddress.getLoopbackAddress(), target);
  }

  /** Begins to forward from a port of one of our addresses to one of the loopback. */
  public TcpRelay(InetAddress address, int target) {
    this(address, new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
  }

  /** Begins to forward from a port of the loopback to somewhere else. */
  public TcpRelay(InetSocketAddress target) {
    this(InetAddress.getLoopbackAddress(), target);
  }

  /** Begins to forward from a port of one of our addresses to somewhere else. */
  public TcpRelay(InetAddress address, InetSocketAddress target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 128, address);
    } catch (IOException e) {
      throw new UncheckedIOException("no free port at " + address, e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** The port to connect to. */
  public int port() {
    return server.getLocalPort();
  }

  /** Ends all connections; new ones end at once, until {@link #mend}. */
  public void cut() {
    cut = true;
    open.forEach(TcpRelay::close);
  }

  /** Carries nothing any more, in either direction, and ends nothing, until {@link #mend}. */
  public void silence() {
    lock.lock();
    try {
      silent = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * From now on brings each piece of what the target sends so much later than it is taken from it;
   * zero: at once. At most 64 KiB of a connection are under way.
   */
  public void delayAnswers(Duration delay) {
    lock.lock();
    try {
      delayNanos = delay.toNanos();
      mended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Forwards again, what was held up first. */
  public void mend() {
    cut = false;
    lock.lock();
    try {
      silent = false;
      mended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many sockets are open. */
  public int open() {
    return open.size();
  }

  private void awaitVoice() {
    lock.lock();
    try {
      while (silent && !server.isClosed()) {
        mended.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitDelay() throws InterruptedException {
    long begin = System.nanoTime();
    lock.lock();
    try {
      for (long left = delayNanos;
          left > 0 && !server.isClosed();
          left = delayNanos - (System.nanoTime() - begin)) {
        mended.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many connections came in so far, also while cut. */
  public int accepted() {
    return accepted.get();
  }

  /** How many bytes the target has sent so far. */
  public long answered() {
    return answered.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        accepted.incrementAndGet();
        open.add(client);
        if (server.isClosed()) {
          // One that came at the moment of the close is accepted all the same.
          client.close();
          return;
        }
        Thread.ofVirtual().start(() -> forward(client));
      } catch (IOException e) {
        // Closed, or the client is gone already.
      }
    }
  }

  private void forward(Socket client) {
    try (client) {
      if (cut) {
        return;
      }
      try (Socket upstream = new Socket(target.getAddress(), target.getPort())) {
        open.add(upstream);
        Thread back = Thread.ofVirtual().start(() -> copy(upstream, client, true));
        copy(client, upstream, false);
        back.join();
        open.remove(upstream);
      }
    } catch (IOException e) {
      // The target refuses, or one side left: the other is closed, as a network would.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(client);
    }
  }

  private void copy(Socket from, Socket to, boolean answers) {
    try {
      if (cut) {
        return;
      }
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[answers ? ANSWERS : BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        awaitVoice();
        if (answers) {
          awaitDelay();
          answered.addAndGet(read);
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One side left.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close(from);
      close(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() {
    cut();
    try {
      server.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    mend();
  }
}
