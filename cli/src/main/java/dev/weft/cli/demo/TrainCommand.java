package dev.weft.cli.demo;

import dev.weft.cli.demo.app.HttpCaller;
import dev.weft.cli.demo.mesh.Backplane;
import dev.weft.cli.demo.mesh.MeshApi;
import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.cli.demo.process.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs a control plane and a sidecar for a moment and puts some requests through, so that the JVM
 * sees which classes they need. The build starts this, and what this starts, with {@code
 * WEFT_AOT=train}: each writes its ahead-of-time cache when it ends.
 */
@Command(name = "train", hidden = true, description = "Run what the build makes caches from.")
public final class TrainCommand implements Callable<Integer> {
  private static final int REQUESTS = 400;

  /** Writing a cache takes a few seconds of a core each. */
  private static final long WRITE_SECONDS = 90;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--as-in-pods",
      description = "With what they do in pods beside: TLS between the two, probes.")
  private boolean asInPods;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Place place = Place.create();
    try (Children children = new Children(place.folder())) {
      run(place, children, asInPods);
      place.delete();
      return 0;
    } catch (DemoFailed e) {
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
  }

  private static void run(Place place, Children children, boolean asInPods) {
    Ports ports = new Ports();
    Path authority = asInPods ? place.subfolder("ca") : null;
    try (Backplane backplane =
        new Backplane(place, children, ports, false, Duration.ofSeconds(5), false, authority)) {
      backplane.startControlPlane();
      MeshApi api = backplane.api();
      api.apply("services.yaml", Documents.SERVICES);
      ServiceInstance catalog =
          new ServiceInstance(
              place,
              children,
              ports,
              backplane.address(),
              "catalog",
              "v1",
              "catalog-v1-0",
              DemoMesh.app(place, "catalog", "v1"));
      int probes = ports.next();
      catalog.startApp();
      catalog.startSidecar(
          authority == null ? List.of() : ofPod(place, authority, catalog.appPort(), probes));
      if (!Await.until(Duration.ofSeconds(60), () -> api.ready().contains(catalog.id()))) {
        throw new DemoFailed("the sidecar does not become ready");
      }
      api.apply("canary.yaml", Documents.canary(90, 10));
      call(catalog.outboundPort(), "catalog");
      call(catalog.adminPort(), "localhost");
      if (asInPods) {
        for (String page : List.of("/ready", "/live", "/metrics", "/app/catalog/readiness")) {
          call(probes, "localhost", page);
        }
      }
      api.apply("bad.yaml", Documents.badCanary());
      api.nodes();
      api.policies();
      end(catalog.sidecar());
      end(backplane.controlPlane());
    }
  }

  /** What a sidecar in a pod is told beside, as far as a process of any user can do it. */
  private static List<String> ofPod(Place place, Path authority, int appPort, int probePort) {
    Path token = place.subfolder("token").resolve("token");
    try {
      Files.writeString(token, "training");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.of(
        "--control-plane-ca",
        authority.resolve("ca.crt").toString(),
        "--control-plane-name",
        "localhost",
        "--token-file",
        token.toString(),
        "--pod-address",
        "127.0.0.1",
        "--probe-port",
        String.valueOf(probePort),
        "--app-probes",
        "{\"catalog/readiness\": {\"httpGet\": {\"path\": \"/health\", \"port\": "
            + appPort
            + "}}}");
  }

  private static void call(int port, String authority, String path) {
    try (HttpCaller caller = new HttpCaller(port)) {
      caller.get(authority, path);
      caller.takeBody(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // A cache from fewer requests is still a good one.
    }
  }

  private static void call(int port, String authority) {
    try (HttpCaller caller = new HttpCaller(port)) {
      for (int i = 0; i < REQUESTS; i++) {
        caller.get(authority, i % 2 == 0 ? "/metrics" : "/items");
        caller.takeBody(OutputStream.nullOutputStream());
      }
    } catch (IOException e) {
      // A cache from fewer requests is still a good one.
    }
  }

  private static void end(Child child) {
    if (!child.endPolitely(WRITE_SECONDS)) {
      throw new DemoFailed(child.name() + " did not end by itself");
    }
  }
}
