package dev.weft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operator takes instances out and in while they are called: a real control plane, real sidecars
 * on both sides, and the commands that a person types. No request fails.
 */
final class DrainUnderLoadTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CALLERS = 4;

  private final ExecutorService threads = SocketThreads.perTask();
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Map<String, AtomicLong> answered = new ConcurrentHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean calling = true;

  /** Who is not to be sent what begins from now on. */
  private volatile String resting = "";

  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private ControlPlane controlPlane;
  private Cli cli;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    controlPlane =
        ControlPlane.start(ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(0, 0));
    controlPlane.ready().join();
    cli = new Cli();
  }

  @AfterEach
  void stop() throws Exception {
    calling = false;
    released.countDown();
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    cli.close();
    controlPlane.close();
    servers.forEach(server -> server.stop(0));
    threads.shutdownNow();
  }

  @Test
  void noRequestFailsWhileInstancesAreDrainedWeighedAndTheirZoneIsMaintained() throws Exception {
    sidecar("catalog", "catalog-0", "a");
    sidecar("catalog", "catalog-1", "b");
    Sidecar frontend = sidecar("frontend", "frontend-0", "");
    await().atMost(PATIENCE).until(() -> weft("registry", "list", "catalog", "-l", "state=ready"));
    await()
        .atMost(PATIENCE)
        .until(() -> weft("registry", "list", "catalog") && cli.out.contains("2 instances"));
    await().atMost(PATIENCE).until(() -> call(frontend).statusCode() == 200);
    // By weights alone, so that they can be counted; however quick each is.
    Path policy =
        Files.writeString(
            folder.resolve("policy.yaml"),
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: catalog}
            spec:
              targetRefs: [{group: "", kind: Service, name: catalog}]
              loadBalancer: {type: WeightedRoundRobin}
            """);
    assertThat(weft("apply", "-f", policy.toString(), "--wait")).isTrue();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(threads.submit(() -> callOn(frontend)));
    }
    getsMore("catalog-0", 100);
    getsMore("catalog-1", 100);
    Future<HttpResponse<String>> slow = threads.submit(() -> heldByCatalog1(frontend));
    assertThat(held.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

    assertThat(weft("registry", "drain", "catalog-1", "--reason", "disk swap", "--wait")).isTrue();
    getsNothingNew("catalog-1", "catalog-0");
    assertThat(cli.out)
        .startsWith("instance default/catalog-1 drained\nin force everywhere (revision ");
    assertThat(slow).isNotDone();
    released.countDown();
    assertThat(slow.get().statusCode()).isEqualTo(200);
    assertThat(slow.get().body()).isEqualTo("held by catalog-1");
    assertThat(weft("registry", "list", "-l", "state=draining", "-o", "wide")).isTrue();
    assertThat(cli.out)
        .contains("DRAINING (drained, by 127.0.0.1 (not authenticated): disk swap)")
        .contains("drained: disk swap")
        .contains("1 instance at revision");
    assertThat(weft("registry", "drain", "catalog-0")).isFalse();
    assertThat(cli.err).contains("has the only ready instances of default/catalog");

    assertThat(weft("registry", "undrain", "catalog-1", "--wait")).isTrue();
    getsMore("catalog-1", 100);

    assertThat(weft("registry", "maintenance", "on", "--zone", "b", "--reason", "power", "--wait"))
        .isTrue();
    getsNothingNew("catalog-1", "catalog-0");
    assertThat(weft("registry", "overrides")).isTrue();
    assertThat(cli.out).contains("zone b").contains("maintenance").contains("power");
    assertThat(weft("registry", "maintenance", "off", "--zone", "b", "--wait")).isTrue();
    getsMore("catalog-1", 100);

    assertThat(weft("registry", "weight", "catalog-1", "1", "--wait")).isTrue();
    long zero = count("catalog-0");
    long one = count("catalog-1");
    getsMore("catalog-0", 500);
    assertThat(count("catalog-1") - one).isLessThan((count("catalog-0") - zero) / 5);
    assertThat(weft("registry", "list", "catalog", "-o", "json")).isTrue();
    assertThat(cli.out).contains("\"ownWeight\": 100").contains("\"registeredBy\": \"127.0.0.1");
    assertThat(weft("registry", "weight", "catalog-1", "own", "--wait")).isTrue();
    getsMore("catalog-1", 100);

    calling = false;
    for (Future<?> caller : callers) {
      caller.get();
    }
    assertThat(failures).isEmpty();
    assertThat(count("catalog-0") + count("catalog-1")).isGreaterThan(1_000);
  }

  private void getsMore(String instance, int requests) {
    long before = count(instance);
    await().atMost(PATIENCE).until(() -> count(instance) >= before + requests);
  }

  /** Not one request that begins after the command has returned goes there. */
  private void getsNothingNew(String instance, String other) {
    resting = instance;
    getsMore(other, 200);
    resting = "";
    assertThat(failures).isEmpty();
  }

  /** Calls until it is the one whose application waits for the test. */
  private HttpResponse<String> heldByCatalog1(Sidecar frontend) throws Exception {
    HttpResponse<String> answer = call(frontend, "/held");
    while (answer.statusCode() == 200 && answer.body().equals("held by catalog-0")) {
      answer = call(frontend, "/held");
    }
    return answer;
  }

  private long count(String instance) {
    return answered.computeIfAbsent(instance, _ -> new AtomicLong()).get();
  }

  private void callOn(Sidecar frontend) {
    while (calling) {
      try {
        String rests = resting;
        HttpResponse<String> answer = call(frontend);
        if (answer.statusCode() != 200) {
          failures.add(answer.statusCode() + " " + answer.body());
        } else if (answer.body().equals(rests) && rests.equals(resting)) {
          failures.add(rests + " was sent a request that began when it was out");
        }
      } catch (Exception e) {
        if (calling) {
          failures.add(e.toString());
        }
      }
    }
  }

  private HttpResponse<String> call(Sidecar frontend) throws Exception {
    return call(frontend, "/");
  }

  private HttpResponse<String> call(Sidecar frontend, String path) throws Exception {
    return client(frontend)
        .send(
            HttpRequest.newBuilder(URI.create("http://catalog" + path)).build(),
            BodyHandlers.ofString());
  }

  private final Map<Sidecar, HttpClient> clients = new ConcurrentHashMap<>();

  private HttpClient client(Sidecar frontend) {
    return clients.computeIfAbsent(
        frontend,
        sidecar -> {
          HttpClient client =
              HttpClient.newBuilder()
                  .version(HttpClient.Version.HTTP_1_1)
                  .proxy(
                      ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
                  .build();
          opened.add(client);
          return client;
        });
  }

  private boolean weft(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--control-plane";
    all[args.length + 1] = "127.0.0.1:" + controlPlane.grpcPort();
    return cli.bare(all) == 0;
  }

  private Sidecar sidecar(String service, String id, String zone) throws IOException {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--node-id=" + id,
                "--service=" + service,
                "--control-plane=127.0.0.1:" + controlPlane.grpcPort(),
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--app-port=" + server(id)));
    if (!zone.isEmpty()) {
      flags.add("--locality=r/" + zone);
    }
    Sidecar started = Sidecar.start(SidecarOptions.parse(flags, Map.of()));
    opened.add(started);
    return started;
  }

  private int server(String id) throws IOException {
    HttpServer server =
        NamedApp.start(
            0,
            id,
            threads,
            () -> answered.computeIfAbsent(id, _ -> new AtomicLong()).incrementAndGet());
    server.createContext("/held", exchange -> answerWhenReleased(id, exchange));
    servers.add(server);
    return server.getAddress().getPort();
  }

  private void answerWhenReleased(String id, HttpExchange exchange) throws IOException {
    if (id.equals("catalog-1")) {
      held.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    byte[] body = ("held by " + id).getBytes(UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
