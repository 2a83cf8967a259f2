package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line of sidecars says of their sub-zones decides who is called. */
final class SubZoneTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final ExecutorService threads = SocketThreads.perTask();
  @TempDir private Path folder;

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
    threads.shutdownNow();
  }

  @Test
  void aCallerIsServedInItsOwnSubZoneAndInTheRestOfTheZoneWhenThatIsEmpty() throws Exception {
    ControlPlane controlPlane =
        open(
            ControlPlane.start(
                ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(0, 0)));
    controlPlane.ready().join();
    Cli cli = open(new Cli());
    String there = "--control-plane=127.0.0.1:" + controlPlane.grpcPort();
    Path policy =
        Files.writeString(
            folder.resolve("policy.yaml"),
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: catalog}
            spec:
              targetRefs: [{group: "", kind: Service, name: catalog}]
              loadBalancer: {type: RoundRobin, locality: {}}
            """);
    sidecar("catalog", "catalog-1", "eu/a/one", there);
    Sidecar two = sidecar("catalog", "catalog-2", "eu/a/two", there);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                cli.bare("registry", "list", "catalog", "-l", "state=ready", there) == 0
                    && cli.out.contains("2 instances"));
    assertThat(cli.bare("registry", "list", "-l", "sub-zone=two", there)).isZero();
    assertThat(cli.out).contains("catalog-2").contains("1 instance at revision");
    assertThat(cli.bare("apply", "-f", policy.toString(), "--wait", there)).as(cli.err).isZero();
    HttpClient inOne = caller(sidecar("frontend", "frontend-1", "eu/a/one", there));
    HttpClient inTwo = caller(sidecar("frontend", "frontend-2", "eu/a/two", there));

    isServedBy("catalog-1", inOne);
    isServedBy("catalog-2", inTwo);

    two.close();
    isServedBy("catalog-1", inTwo);
  }

  /** By nobody else, and turn by turn there would be others. */
  private static void isServedBy(String instance, HttpClient caller) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              for (int i = 0; i < 20; i++) {
                assertThat(call(caller)).isEqualTo(instance);
              }
            });
  }

  private static String call(HttpClient caller) throws Exception {
    HttpResponse<String> answer =
        caller.send(
            HttpRequest.newBuilder(URI.create("http://catalog/")).build(), BodyHandlers.ofString());
    return answer.statusCode() == 200 ? answer.body() : answer.statusCode() + " " + answer.body();
  }

  private HttpClient caller(Sidecar sidecar) {
    return open(
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
            .build());
  }

  private Sidecar sidecar(String service, String id, String place, String controlPlane)
      throws IOException {
    HttpServer app = NamedApp.start(id, threads);
    opened.push(() -> app.stop(0));
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--node-id=" + id,
                "--service=" + service,
                "--locality=" + place,
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--app-port=" + app.getAddress().getPort()));
    flags.add(controlPlane);
    return open(Sidecar.start(SidecarOptions.parse(flags, Map.of())));
  }

  private <T extends AutoCloseable> T open(T one) {
    opened.push(one);
    return one;
  }
}
