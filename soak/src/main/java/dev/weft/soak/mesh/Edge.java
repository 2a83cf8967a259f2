package dev.weft.soak.mesh;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.Ports;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar of somebody who only calls: the load generator stands for their application. Main
 * thread only.
 */
public final class Edge {
  /** For so long a caller may not have noticed that a connection has ended. */
  private static final long UNNOTICED_NANOS = 100_000_000;

  private static final long LONGEST_DEATH_NANOS = 60_000_000_000L;

  private final Place place;
  private final Children children;
  private final String name;
  private final String locality;
  private final String controlPlanes;
  private final int outboundPort;
  private final int inboundPort;
  private final int adminPort;
  private @Nullable Child process;

  /** When it was last killed, as {@link System#nanoTime} has it; before that, never. */
  private volatile long[] killed = {};

  Edge(
      Place place,
      Children children,
      Ports ports,
      String name,
      String locality,
      String controlPlanes) {
    this.place = place;
    this.children = children;
    this.name = name;
    this.locality = locality;
    this.controlPlanes = controlPlanes;
    outboundPort = ports.next();
    inboundPort = ports.next();
    adminPort = ports.next();
  }

  /** Starts it; it serves when it is ready. */
  public void start() {
    process =
        children.start(
            name,
            List.of(
                place.sidecar(),
                "--node-id",
                name,
                "--service",
                "edge",
                "--control-plane",
                controlPlanes,
                "--bind",
                "127.0.0.1",
                "--outbound-port",
                String.valueOf(outboundPort),
                "--inbound-port",
                String.valueOf(inboundPort),
                "--admin-port",
                String.valueOf(adminPort),
                "--dependency",
                SoakMesh.FRONTEND,
                "--locality",
                locality,
                "--state-dir",
                place.subfolder("state-" + name).toString()));
  }

  /** {@code kill -9}. */
  public void kill() {
    long began = System.nanoTime();
    // What it breaks is judged while it still dies.
    killed = new long[] {began, began + LONGEST_DEATH_NANOS};
    process().kill();
    killed = new long[] {began, System.nanoTime()};
  }

  /**
   * Whether what was under way in this time was so when the process was killed, or was begun on a
   * connection whose end had not been noticed.
   *
   * @param began as {@link System#nanoTime} has it
   */
  boolean killedWithin(long began, long ended) {
    long[] times = killed;
    return times.length > 0 && began - times[1] <= UNNOTICED_NANOS && ended - times[0] >= 0;
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

  /** Where its application sends requests. */
  public int outboundPort() {
    return outboundPort;
  }

  public int adminPort() {
    return adminPort;
  }
}
