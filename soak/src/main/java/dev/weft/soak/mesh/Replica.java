package dev.weft.soak.mesh;

import dev.weft.cli.demo.mesh.MeshApi;
import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One replica of the control plane, on etcd. Main thread only, but for its API. */
public final class Replica implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final long LEAVE_SECONDS = 30;

  private final Place place;
  private final Children children;
  private final String name;
  private final int etcdPort;
  private final Duration instanceTtl;
  private final int port;
  private final int metricsPort;
  private final MeshApi api;
  private @Nullable Child process;

  /** Not started yet; its ports are its own for good. */
  public Replica(
      Place place,
      Children children,
      Ports ports,
      String name,
      int etcdPort,
      Duration instanceTtl) {
    this.place = place;
    this.children = children;
    this.name = name;
    this.etcdPort = etcdPort;
    this.instanceTtl = instanceTtl;
    port = ports.next();
    metricsPort = ports.next();
    api = new MeshApi(port);
  }

  /**
   * Starts it and returns when it answers.
   *
   * @throws DemoFailed when it ends, or does not answer for a minute
   */
  public void start() {
    Child started =
        children.start(
            name,
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
                name,
                "--kubernetes",
                "off",
                "--store",
                "etcd",
                "--etcd-endpoints",
                "http://127.0.0.1:" + etcdPort));
    process = started;
    if (!Await.until(START_LIMIT, () -> api.answers() || !started.alive()) || !started.alive()) {
      throw new DemoFailed(
          name
              + (started.alive() ? " does not answer on port " + port : " ended at its start")
              + "; its log is "
              + children.log(name));
    }
  }

  /** {@code kill -9}. */
  public void kill() {
    process().kill();
  }

  /** Whether it ended by itself when asked to. */
  public boolean leave() {
    return process().endPolitely(LEAVE_SECONDS);
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

  public String name() {
    return name;
  }

  /** Where it serves gRPC. */
  public int port() {
    return port;
  }

  public MeshApi api() {
    return api;
  }

  @Override
  public void close() {
    api.close();
  }
}
