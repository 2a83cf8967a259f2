package dev.weft.soak.mesh;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The one etcd, from the PATH; its data survive its end. Main thread only. */
public final class EtcdProcess {
  private static final String NAME = "etcd";
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final long LEAVE_SECONDS = 15;

  /** The deployment keeps an hour, in which etcd grows: no soak is long enough to see that end. */
  private static final String HISTORY = "1m";

  /**
   * Until it has had so many, etcd keeps every one in memory; with the 100,000 of 3.4 and 3.5 that
   * takes minutes under churn, and thirds of a run are not alike. etcd 3.6 has 10,000.
   */
  private static final int TRANSACTIONS_IN_MEMORY = 10_000;

  private final Place place;
  private final Children children;
  private final int port;
  private final int peerPort;
  private @Nullable Child process;

  /** Not started yet; its ports are its own for good. */
  public EtcdProcess(Place place, Children children, Ports ports) {
    this.place = place;
    this.children = children;
    port = ports.next();
    peerPort = ports.next();
  }

  /**
   * Starts it and returns when it listens.
   *
   * @throws DemoFailed when it does not
   */
  public void start() {
    Path data = place.subfolder("etcd-data");
    String client = "http://127.0.0.1:" + port;
    String peer = "http://127.0.0.1:" + peerPort;
    Child started =
        children.startForeign(
            NAME,
            List.of(
                "etcd",
                "--name=soak",
                "--data-dir=" + data,
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=soak=" + peer,
                "--auto-compaction-mode=periodic",
                "--auto-compaction-retention=" + HISTORY,
                "--snapshot-count=" + TRANSACTIONS_IN_MEMORY,
                "--log-level=warn"));
    process = started;
    if (!Await.until(START_LIMIT, () -> listens() || !started.alive()) || !started.alive()) {
      throw new DemoFailed(
          "etcd does not start (is it on the PATH?); its log is " + children.log(NAME));
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** {@code kill -9}. */
  public void kill() {
    process().kill();
  }

  /** Asks it to end, and waits. */
  public void leave() {
    process().endPolitely(LEAVE_SECONDS);
  }

  /** Stops it where it is: its connections stay, and it answers nothing. */
  public void pause() {
    signal("STOP");
  }

  /** After {@link #pause}. */
  public void goOn() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      int status =
          new ProcessBuilder("kill", "-" + signal, String.valueOf(pid())).start().waitFor();
      if (status != 0) {
        throw new DemoFailed("etcd (process " + pid() + ") cannot be sent SIG" + signal);
      }
    } catch (IOException e) {
      throw new DemoFailed("there is no program \"kill\" to send etcd SIG" + signal + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailed("interrupted");
    }
  }

  private Child process() {
    return Objects.requireNonNull(process, "not started");
  }

  public boolean alive() {
    return process != null && process.alive();
  }

  public long pid() {
    return process().pid();
  }

  /** Where it serves clients. */
  public int port() {
    return port;
  }
}
