package dev.weft.cli.cluster;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A port of this machine's loopback that leads to the control plane in a cluster: each connection
 * to a pod that is ready when it comes, through a forward of its own. So it outlives the pods. Safe
 * from any thread; a connection has two virtual threads.
 */
public final class ControlPlanePort implements AutoCloseable {
  private static final int BACKLOG = 50;
  private static final int BUFFER = 16 << 10;

  /** What becomes of connections; called from their threads. */
  public interface Events {
    /** Connections go to this pod from now on. */
    void leadsTo(String pod);

    /** A connection came to nothing; the next one may do better. */
    void failed(String problem);
  }

  private final MeshCluster cluster;
  private final Events events;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Object choice = new Object();

  // Guarded by the choice.
  private @Nullable String current;
  private @Nullable String failing;

  private volatile String problem = "";
  private volatile boolean verified;

  private ControlPlanePort(MeshCluster cluster, Events events, ServerSocket server) {
    this.cluster = cluster;
    this.events = events;
    this.server = server;
  }

  /**
   * Listens; nothing is asked of the cluster before somebody connects.
   *
   * @param port 0: one that is free
   * @throws ClusterException when that port is taken
   */
  public static ControlPlanePort open(MeshCluster cluster, int port, Events events) {
    try {
      var opened =
          new ControlPlanePort(
              cluster, events, new ServerSocket(port, BACKLOG, MeshCluster.LOOPBACK));
      Thread.startVirtualThread(opened::accept);
      return opened;
    } catch (IOException e) {
      throw new ClusterException(
          "port "
              + port
              + " of "
              + MeshCluster.LOOPBACK.getHostAddress()
              + " cannot be listened on: "
              + e.getMessage()
              + "; name another one with --port, or leave that out for one that is free",
          e);
    }
  }

  /** As clients address it: {@code HOST:PORT}. */
  public String address() {
    return MeshCluster.LOOPBACK.getHostAddress() + ':' + server.getLocalPort();
  }

  /**
   * Goes the way once, with TLS, as clients will; another one where a pod does not answer. Blocks.
   *
   * @return who signs the control plane's certificate, PEM
   * @throws ClusterException saying where the way ends
   */
  public String verify(int timeoutSeconds) {
    int ways = cluster.readyControlPlanes().size();
    String trusted = cluster.trusted();
    for (int way = 1; !verified; way++) {
      ManagedChannel channel = cluster.channel(server.getLocalPort(), trusted).build();
      try {
        HealthGrpc.newBlockingStub(channel)
            .withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS)
            .check(HealthCheckRequest.getDefaultInstance());
        verified = true;
      } catch (StatusRuntimeException e) {
        if (way >= ways) {
          throw new ClusterException(
              problem.isEmpty()
                  ? cluster.shown()
                      + " does not answer through the API server: "
                      + Causes.deepest(e)
                  : problem,
              e);
        }
      } finally {
        channel.shutdownNow();
      }
    }
    return trusted;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.startVirtualThread(() -> serve(client));
      } catch (IOException e) {
        // Closed, or the client has left already.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      open.add(client);
      carry(client);
    } catch (IOException e) {
      // It was closed, and that is all that was left to do.
    } finally {
      open.remove(client);
    }
  }

  /** Returns when what went wrong is known, before the client sees the end of its connection. */
  private void carry(Socket client) {
    String pod = null;
    try {
      pod = choose();
      long answered =
          cluster.through(
              cluster.system(), pod, MeshCluster.GRPC_PORT, forwarded -> relay(client, forwarded));
      if (answered > 0) {
        failing(pod, false);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failing(pod, true);
      failed("no connection to the pod " + pod + ": " + e.getMessage());
    } catch (ClusterException e) {
      failed(e.getMessage());
    } catch (RuntimeException e) {
      // The client of the API server has its own, most of all when it is closed under way.
      failed(Causes.deepest(e));
    }
  }

  private void failed(@Nullable String what) {
    if (server.isClosed()) {
      return;
    }
    problem = String.valueOf(what);
    if (verified) {
      events.failed(problem);
    }
  }

  /**
   * The pod of the last connection while that is ready, and another one where there is one when it
   * does not answer: the cluster calls a pod ready for a while after its node has gone.
   */
  private String choose() {
    List<String> ready = cluster.readyControlPlanes();
    synchronized (choice) {
      String chosen =
          ready.stream()
              .filter(pod -> !pod.equals(failing))
              .reduce((first, pod) -> pod.equals(current) ? pod : first)
              .orElse(ready.getFirst());
      if (!chosen.equals(current)) {
        current = chosen;
        events.leadsTo(chosen);
      }
      return chosen;
    }
  }

  private void failing(@Nullable String pod, boolean now) {
    synchronized (choice) {
      if (now) {
        failing = pod;
      } else if (failing != null && failing.equals(pod)) {
        failing = null;
      }
    }
  }

  /** Returns how many bytes have come back. */
  private static long relay(Socket client, int forwarded) throws IOException, InterruptedException {
    var left = new AtomicBoolean();
    Thread sending;
    long answered;
    boolean leftFirst;
    try (var pod = new Socket(MeshCluster.LOOPBACK, forwarded)) {
      sending =
          Thread.startVirtualThread(
              () -> {
                copy(client, pod);
                left.set(true);
                close(pod);
              });
      answered = copy(pod, client);
      leftFirst = left.get();
    }
    stopReading(client);
    sending.join();
    if (answered == 0 && !leftFirst) {
      throw new IOException("it ended without an answer");
    }
    return answered;
  }

  private static long copy(Socket from, Socket to) {
    long copied = 0;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        copied += read;
      }
    } catch (IOException e) {
      // One of the two has left, which ends the other's connection, too.
    }
    return copied;
  }

  /** Wakes whoever reads from it; its end comes when it is known what went wrong. */
  private static void stopReading(Socket client) {
    try {
      client.shutdownInput();
    } catch (IOException e) {
      // It has left already, and is read no more.
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
    try {
      server.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    open.forEach(ControlPlanePort::close);
  }
}
