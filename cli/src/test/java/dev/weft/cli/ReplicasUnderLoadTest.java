package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.SocketThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three control planes, processes of their own on one real etcd, are restarted one after the other
 * or killed, while real sidecars are called through and instances come and go. No request fails, no
 * sidecar is sent anew what it holds, and somebody always leads.
 */
final class ReplicasUnderLoadTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration TTL = Duration.ofSeconds(3);

  /** A lease of one TTL runs out, and another replica sees that it has. */
  private static final Duration NEXT_LEADER = TTL.multipliedBy(2);

  private static final int CALLERS = 2;
  private static final Pattern REPLICA = Pattern.compile("\"replica\":\\s*\"([^\"]*)\"");

  private final ExecutorService threads = SocketThreads.perTask();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<ReplicaProcess> replicas = new ArrayList<>();
  private final Map<String, Sidecar> sidecars = new LinkedHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private final RegistryChurn churn = new RegistryChurn(replicas);
  private final AtomicLong longestWithoutLeaderNanos = new AtomicLong();
  private final List<Future<?>> running = new ArrayList<>();
  private final HttpClient admin = HttpClient.newHttpClient();
  private volatile boolean going = true;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    EtcdServer etcd = EtcdServer.start();
    opened.add(etcd);
    for (String id : List.of("a", "b", "c")) {
      var replica = new ReplicaProcess(id, etcd.endpoint(), TTL, folder);
      opened.add(replica);
      replicas.add(replica);
      replica.start();
    }
    opened.add(churn);
    for (String service : List.of("catalog", "basket")) {
      for (int i = 0; i < 2; i++) {
        sidecar(service, service + "-" + i, server(service + "-" + i));
      }
    }
    sidecar("frontend", "frontend-0", server("frontend-0"));
    sidecar("frontend", "frontend-1", server("frontend-1"));
    for (Sidecar frontend : frontends()) {
      for (String service : List.of("catalog", "basket")) {
        await().atMost(PATIENCE).until(() -> call(frontend, service).statusCode() == 200);
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    going = false;
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    servers.forEach(server -> server.stop(0));
    admin.close();
    threads.shutdownNow();
  }

  @Test
  void aRollingRestartIsNoticedByNobodyAndTheReplicasShareTheSidecarsAgain() throws Exception {
    awaitShared();
    churn.registerSilent(replicas.getFirst(), "ghost-0", "ghost");
    load();
    await().atMost(PATIENCE).until(() -> answered.get() > 300 && churn.rounds() > 5);

    double fullResyncs = 0;
    for (ReplicaProcess replica : replicas) {
      fullResyncs += replica.metric("weft_discovery_full_resyncs_total");
      replica.end();
      assertThat(replica.log()).doesNotContain("have found no other replica");
      await()
          .atMost(PATIENCE)
          .until(() -> places().values().stream().noneMatch(replica.id()::equals));
      replica.start();
    }
    // Nobody is moved to where there was nobody until its share is asked for.
    awaitShared();
    long before = answered.get();
    await().atMost(PATIENCE).until(() -> answered.get() > before + 100);
    endLoad();

    assertThat(failures).isEmpty();
    for (ReplicaProcess replica : replicas) {
      fullResyncs += replica.metric("weft_discovery_full_resyncs_total");
    }
    assertThat(fullResyncs).isZero();
    // No stream was ever lost: each had its successor first.
    for (Map.Entry<String, Sidecar> each : sidecars.entrySet()) {
      assertThat(metrics(each.getValue(), "weft_control_plane_moves_total"))
          .as(each.getKey())
          .isPositive();
    }
    System.out.printf(
        "rolling restart: %d requests, %d registrations, longest that none was taken %d ms, longest"
            + " without a reaper %d ms%n",
        answered.get(),
        churn.rounds(),
        churn.longestRefusal().toMillis(),
        TimeUnit.NANOSECONDS.toMillis(longestWithoutLeaderNanos.get()));
    assertThat(longestWithoutLeaderNanos).hasValueLessThan(TimeUnit.SECONDS.toNanos(2));
    // What the leader does is done: an instance that nobody hears of goes.
    ReplicaProcess asked = replicas.getFirst();
    await().atMost(PATIENCE).until(() -> !churn.registered(asked, "ghost").contains("ghost-0"));
    assertThat(churn.registered(asked, "catalog")).contains("catalog-0", "catalog-1");

    Cli cli = new Cli();
    opened.add(cli);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                cli.bare("proxy-status", "--control-plane", replicas.getFirst().address()) == 0
                    && cli.out.contains("2 sidecars connected to replica a;")
                    && cli.out.contains("other replicas (b: 2 sidecars, c: 2 sidecars)"));
  }

  @Test
  void theLeaderIsKilledItsSidecarsAreElsewhereInSecondsAndAnotherLeads() throws Exception {
    awaitShared();
    load();
    await().atMost(PATIENCE).until(() -> answered.get() > 100 && churn.rounds() > 5);

    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
    ReplicaProcess killed = leaders().getFirst();
    List<ReplicaProcess> others = replicas.stream().filter(each -> each != killed).toList();
    double fullResyncs = killed.metric("weft_discovery_full_resyncs_total");
    double removedByOthers = removals(others);
    // Ended a moment before the leader is: the next one has to find out that it is silent.
    churn.registerSilent(others.getFirst(), "ghost-0", "ghost");
    killed.kill();
    long begin = System.nanoTime();
    await()
        .atMost(Duration.ofSeconds(5))
        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
        .until(() -> living() == sidecars.size());
    long elsewhereNanos = System.nanoTime() - begin;
    await().atMost(NEXT_LEADER).until(() -> leaders().size() == 1);
    long ledNanos = System.nanoTime() - begin;
    assertThat(Duration.ofNanos(ledNanos)).isLessThan(NEXT_LEADER);
    // It reaps when it has led for a TTL, not before.
    await()
        .atMost(TTL.multipliedBy(2).plusSeconds(2))
        .until(() -> !churn.registered(others.getFirst(), "ghost").contains("ghost-0"));
    System.out.printf(
        "after a kill of the leader all are elsewhere in %d ms, another leads in %d ms and has"
            + " reaped in %d ms; longest that no registration was taken %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(elsewhereNanos),
        TimeUnit.NANOSECONDS.toMillis(ledNanos),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin),
        churn.longestRefusal().toMillis());
    // It counts when the store has answered, which may be after the view shows it.
    await().atMost(TTL).until(() -> removals(others) == removedByOthers + 1);
    assertThat(churn.registered(others.getFirst(), "catalog")).contains("catalog-0", "catalog-1");

    killed.start();
    awaitShared();
    endLoad();

    assertThat(failures).isEmpty();
    for (ReplicaProcess replica : replicas) {
      fullResyncs += replica.metric("weft_discovery_full_resyncs_total");
    }
    assertThat(fullResyncs).isZero();
  }

  /** Those that say that they remove silent instances. */
  private List<ReplicaProcess> leaders() {
    return replicas.stream().filter(ReplicaProcess::leads).toList();
  }

  private static double removals(List<ReplicaProcess> of) {
    return of.stream().mapToDouble(each -> each.metric("weft_reaper_removals_total")).sum();
  }

  /** How many sidecars are connected, as the replicas that live say. */
  private int living() {
    return (int)
        replicas.stream()
            .filter(ReplicaProcess::alive)
            .mapToDouble(replica -> replica.metric("weft_discovery_streams"))
            .sum();
  }

  private void awaitShared() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
        .until(this::shared);
  }

  private boolean shared() {
    return replicas.stream().allMatch(each -> each.metric("weft_discovery_streams") == 2)
        && places().values().stream().distinct().count() == replicas.size();
  }

  /** Which replica each sidecar says it is connected to. */
  private Map<String, String> places() {
    var places = new TreeMap<String, String>();
    sidecars.forEach(
        (id, sidecar) -> {
          Matcher replica = REPLICA.matcher(adminPage(sidecar, "/status"));
          places.put(id, replica.find() ? replica.group(1) : "");
        });
    return places;
  }

  private double metrics(Sidecar sidecar, String name) {
    return adminPage(sidecar, "/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private String adminPage(Sidecar sidecar, String path) {
    try {
      return admin
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.adminPort() + path))
                  .build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // ---- load and churn

  private void load() {
    for (Sidecar frontend : frontends()) {
      for (int i = 0; i < CALLERS; i++) {
        running.add(threads.submit(() -> callOn(frontend)));
      }
    }
    int port = servers.getFirst().getAddress().getPort();
    running.add(threads.submit(() -> churn.run("catalog", port)));
    running.add(threads.submit(this::watchLeader));
  }

  private void endLoad() throws Exception {
    going = false;
    churn.end();
    for (Future<?> one : running) {
      one.get();
    }
  }

  private void callOn(Sidecar frontend) {
    for (int i = 0; going; i++) {
      String service = i % 2 == 0 ? "catalog" : "basket";
      try {
        HttpResponse<String> answer = call(frontend, service);
        if (answer.statusCode() == 200) {
          answered.incrementAndGet();
        } else {
          failures.add(service + " " + answer.statusCode() + " " + answer.body());
        }
      } catch (Exception e) {
        if (going) {
          failures.add(service + " " + e);
        }
      }
    }
  }

  private void watchLeader() {
    long since = System.nanoTime();
    boolean led = false;
    while (going) {
      boolean leads = replicas.stream().anyMatch(ReplicaProcess::leads);
      long now = System.nanoTime();
      if (leads) {
        if (led) {
          long without = now - since;
          longestWithoutLeaderNanos.accumulateAndGet(without, Math::max);
        }
        led = true;
        since = now;
      }
    }
  }

  // ---- the mesh

  private List<Sidecar> frontends() {
    return sidecars.entrySet().stream()
        .filter(each -> each.getKey().startsWith("frontend"))
        .map(Map.Entry::getValue)
        .toList();
  }

  private HttpResponse<String> call(Sidecar frontend, String service) throws Exception {
    return client(frontend)
        .send(
            HttpRequest.newBuilder(URI.create("http://" + service + "/")).build(),
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

  private void sidecar(String service, String id, int appPort) throws IOException {
    List<String> addresses = replicas.stream().map(ReplicaProcess::address).toList();
    Sidecar started =
        Sidecar.start(
            SidecarOptions.parse(
                List.of(
                    "--node-id=" + id,
                    "--service=" + service,
                    "--control-plane=" + String.join(",", addresses),
                    "--outbound-port=0",
                    "--inbound-port=0",
                    "--admin-port=0",
                    "--app-port=" + appPort),
                Map.of()));
    opened.add(started);
    sidecars.put(id, started);
  }

  private int server(String id) throws IOException {
    HttpServer server = NamedApp.start(id, threads);
    servers.add(server);
    return server.getAddress().getPort();
  }
}
