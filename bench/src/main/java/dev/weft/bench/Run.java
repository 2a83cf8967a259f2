package dev.weft.bench;

import dev.weft.bench.peer.AppOrigin;
import dev.weft.bench.peer.Certificates;
import dev.weft.bench.peer.Contender;
import dev.weft.bench.peer.Envoy;
import dev.weft.bench.peer.Haproxy;
import dev.weft.bench.peer.Nginx;
import dev.weft.bench.peer.Relay;
import dev.weft.bench.peer.WeftMesh;
import dev.weft.bench.peer.Wiring;
import dev.weft.bench.process.Child;
import dev.weft.bench.process.Pins;
import dev.weft.bench.process.Programs;
import dev.weft.bench.process.RunFolder;
import dev.weft.bench.report.Contenders;
import dev.weft.bench.report.Results;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One run of some benches: its settings, its folder, the origins that all share, its results. */
final class Run implements AutoCloseable {
  final Settings settings;
  final PrintWriter out;
  final Results results;
  final Path folder;
  final int http1Origin;
  final int http2Origin;
  final int mutualOrigin;
  final int grpcOrigin;
  final int uploadOrigin;

  private final RunFolder runFolder;
  private final List<Child> origins = new ArrayList<>();
  private final @Nullable String envoy;

  /**
   * What the command line says.
   *
   * @param home the distribution to measure
   * @param before another one to measure beside it; null: none
   * @param programs where programs that are fetched stay
   */
  record Settings(
      Path home,
      @Nullable Path before,
      Path programs,
      int rounds,
      int seconds,
      int warmup,
      List<String> only) {}

  /**
   * A contender that runs, with what else has to run for it.
   *
   * @param startMillis from the start of its process until it accepted a connection
   */
  record Started(Contender contender, Child child, double startMillis, @Nullable WeftMesh mesh)
      implements AutoCloseable {
    String name() {
      return contender.name();
    }

    double residentMegabytes() {
      return child.residentBytes() / 1e6;
    }

    @Override
    public void close() {
      child.close();
      if (mesh != null) {
        mesh.close();
      }
    }
  }

  Run(Settings settings, Results results, PrintWriter out)
      throws IOException, InterruptedException {
    this.settings = settings;
    this.results = results;
    this.out = out;
    Pins.pinSelf();
    runFolder = RunFolder.make();
    folder = runFolder.path();
    Certificates.make(folder);
    http1Origin = Child.freePort();
    http2Origin = Child.freePort();
    mutualOrigin = Child.freePort();
    grpcOrigin = Child.freePort();
    uploadOrigin = Child.freePort();
    envoy = wants(Contenders.ENVOY) ? Programs.envoy(settings.programs(), out) : null;
    try {
      origin(Nginx.origin(Programs.need("nginx"), folder, http1Origin, http2Origin, mutualOrigin));
      origin(AppOrigin.origin(grpcOrigin, uploadOrigin));
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private void origin(Contender origin) throws IOException {
    Child child =
        Child.start(origin.name(), origin.command(), origin.environment(), Pins.LOAD, folder);
    origins.add(child);
    child.awaitListening(origin.port(), System.nanoTime());
  }

  boolean wants(String contender) {
    return contender.equals(Contenders.WEFT_BEFORE)
        ? settings.before() != null
        : settings.only().isEmpty() || settings.only().contains(contender);
  }

  /**
   * Starts a contender for a way through it.
   *
   * @return null when it was not asked for, is not installed, or has no such way
   */
  @Nullable Started start(String name, Way way, int originPort) throws IOException {
    if (!wants(name.equals(Contenders.ENVOY_MESH) ? Contenders.ENVOY : name)) {
      return null;
    }
    boolean mesh = way.mesh() && !name.equals(Contenders.HAPROXY);
    var wiring =
        new Wiring(
            way.in(),
            way.inTls(),
            way.out(),
            way.outTls(),
            mesh,
            way.grpc(),
            Child.freePort(),
            originPort,
            folder);
    return switch (name) {
      case Contenders.HAPROXY -> start(Haproxy.contender(Programs.need("haproxy"), wiring));
      case Contenders.NGINX ->
          Nginx.can(wiring) ? start(Nginx.contender(Programs.need("nginx"), wiring)) : null;
      case Contenders.ENVOY, Contenders.ENVOY_MESH ->
          envoy == null ? null : start(Envoy.contender(envoy, wiring));
      case Contenders.RELAY -> start(Relay.contender(wiring));
      case Contenders.WEFT_BEFORE ->
          weft(name, Objects.requireNonNull(settings.before()), wiring, Pins.PROXY, "");
      default -> weft(wiring, Pins.PROXY, "");
    };
  }

  /** Starts the sidecar with a control plane of its own. */
  Started weft(Wiring wiring, String cpus, String javaOptions, String... further)
      throws IOException {
    return weft(Contenders.WEFT, settings.home(), wiring, cpus, javaOptions, further);
  }

  private Started weft(
      String name, Path home, Wiring wiring, String cpus, String javaOptions, String... further)
      throws IOException {
    WeftMesh mesh = WeftMesh.start(home, wiring);
    try {
      return start(mesh.sidecar(name, wiring, javaOptions, further), cpus, mesh);
    } catch (IOException e) {
      mesh.close();
      throw e;
    }
  }

  Wiring wiring(Way way, int originPort) throws IOException {
    return new Wiring(
        way.in(),
        way.inTls(),
        way.out(),
        way.outTls(),
        way.mesh(),
        way.grpc(),
        Child.freePort(),
        originPort,
        folder);
  }

  private Started start(Contender contender) throws IOException {
    return start(contender, Pins.PROXY, null);
  }

  private Started start(Contender contender, String cpus, @Nullable WeftMesh mesh)
      throws IOException {
    long start = System.nanoTime();
    Child child =
        Child.start(
            contender.name() + "-" + contender.port(),
            contender.command(),
            contender.environment(),
            cpus,
            folder);
    try {
      return new Started(contender, child, child.awaitListening(contender.port(), start), mesh);
    } catch (IOException e) {
      child.close();
      throw e;
    }
  }

  void say(String format, Object... arguments) {
    out.printf(Locale.ROOT, format + "%n", arguments);
    out.flush();
  }

  @Override
  public void close() {
    origins.forEach(Child::close);
    runFolder.close();
  }
}
