package dev.weft.cli.demo.mesh;

import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The control plane's process, and etcd's when that is its store. Used by the main thread only. */
public final class Backplane implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Place place;
  private final Children children;
  private final boolean onEtcd;
  private final Duration instanceTtl;
  private final int port;
  private final int metricsPort;
  private final int etcdPort;
  private final int etcdPeerPort;
  private final @Nullable Path authority;
  private @Nullable MeshApi api;
  private @Nullable Child controlPlane;
  private @Nullable Child etcd;

  public Backplane(
      Place place,
      Children children,
      Ports ports,
      boolean onEtcd,
      Duration instanceTtl,
      boolean wellKnownPorts) {
    this(place, children, ports, onEtcd, instanceTtl, wellKnownPorts, null);
  }

  /**
   * In plaintext, or by TLS with an authority of its own.
   *
   * @param authority the folder that this is kept in; null: plaintext
   */
  public Backplane(
      Place place,
      Children children,
      Ports ports,
      boolean onEtcd,
      Duration instanceTtl,
      boolean wellKnownPorts,
      @Nullable Path authority) {
    this.authority = authority;
    this.place = place;
    this.children = children;
    this.onEtcd = onEtcd;
    this.instanceTtl = instanceTtl;
    // A person's commands find it there; a scripted run must not meet another one.
    port = wellKnownPorts ? ports.prefer(7700) : ports.next();
    metricsPort = wellKnownPorts ? ports.prefer(7701) : ports.next();
    etcdPort = ports.next();
    etcdPeerPort = ports.next();
    api = authority == null ? new MeshApi(port) : null;
  }

  /** Starts what is not running and returns when the control plane answers. */
  public void start() {
    if (onEtcd) {
      startEtcd();
    }
    startControlPlane();
  }

  public void startControlPlane() {
    List<String> command =
        new ArrayList<>(
            List.of(
                place.weft(),
                "control-plane",
                "--bind",
                "127.0.0.1",
                "--grpc-port",
                String.valueOf(port),
                "--metrics-port",
                String.valueOf(metricsPort),
                "--instance-ttl",
                instanceTtl.toSeconds() + "s",
                "--replica-id",
                "demo-0",
                "--kubernetes",
                "off"));
    if (authority != null) {
      command.addAll(List.of("--tls", "on", "--tls-dir", authority.toString()));
    }
    if (onEtcd) {
      command.addAll(
          List.of("--store", "etcd", "--etcd-endpoints", "http://127.0.0.1:" + etcdPort));
    } else {
      command.addAll(
          List.of("--store", "embedded", "--data-dir", place.subfolder("store").toString()));
    }
    Child started = children.start("control-plane", command);
    controlPlane = started;
    if (!Await.until(START_LIMIT, () -> answers() || !started.alive()) || !started.alive()) {
      throw new DemoFailed(
          "the control plane does not answer on port "
              + port
              + "; the end of its log:\n"
              + tail("control-plane"));
    }
  }

  private boolean answers() {
    if (api == null && authority != null) {
      Path trusted = authority.resolve("ca.crt");
      api = Files.isReadable(trusted) ? MeshApi.secured(port, trusted) : null;
    }
    return api != null && api.answers();
  }

  public void startEtcd() {
    Path data = place.subfolder("etcd");
    String client = "http://127.0.0.1:" + etcdPort;
    String peer = "http://127.0.0.1:" + etcdPeerPort;
    etcd =
        children.startForeign(
            "etcd",
            List.of(
                "etcd",
                "--name=demo",
                "--data-dir=" + data,
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=demo=" + peer));
    Child started = etcd;
    if (!Await.until(Duration.ofSeconds(5), () -> listens(etcdPort) || !started.alive())
        || !started.alive()) {
      throw new DemoFailed("etcd does not start; the end of its log:\n" + tail("etcd"));
    }
  }

  private static boolean listens(int port) {
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** {@code kill -9}. */
  public void killControlPlane() {
    if (controlPlane != null) {
      controlPlane.kill();
    }
  }

  /** {@code kill -9}. */
  public void killEtcd() {
    if (etcd != null) {
      etcd.kill();
    }
  }

  /** The end of a process's log. */
  public String tail(String name) {
    try {
      List<String> lines = Files.readAllLines(children.log(name));
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean onEtcd() {
    return onEtcd;
  }

  public Duration instanceTtl() {
    return instanceTtl;
  }

  public String address() {
    return "127.0.0.1:" + port;
  }

  public int metricsPort() {
    return metricsPort;
  }

  /** The control plane's process, which must have been started. */
  public Child controlPlane() {
    return Objects.requireNonNull(controlPlane);
  }

  /** Whether the control plane's process is. */
  public boolean alive() {
    return controlPlane != null && controlPlane.alive();
  }

  public long controlPlanePid() {
    return controlPlane == null ? -1 : controlPlane.pid();
  }

  /** The control plane's API, which must have been started. */
  public MeshApi api() {
    return Objects.requireNonNull(api);
  }

  @Override
  public void close() {
    if (api != null) {
      api.close();
    }
  }
}
