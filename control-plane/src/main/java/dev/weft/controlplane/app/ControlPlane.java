package dev.weft.controlplane.app;

import dev.weft.controlplane.auth.CallGuard;
import dev.weft.controlplane.auth.CallerName;
import dev.weft.controlplane.auth.ClusterAccess;
import dev.weft.controlplane.auth.kubernetes.CaConfigMaps;
import dev.weft.controlplane.auth.kubernetes.KubernetesCallers;
import dev.weft.controlplane.limit.CallGate;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.pki.ServerIdentity;
import dev.weft.controlplane.registry.RegistryStatus;
import dev.weft.controlplane.registry.RemovalMarks;
import dev.weft.controlplane.registry.liveness.Reaper;
import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running control plane: a gRPC server with health and reflection, and a port for metrics.
 *
 * <p>The server is up before the store is: until then its calls are answered with UNAVAILABLE and
 * the reason, and health says NOT_SERVING. Any thread may call it.
 */
public final class ControlPlane implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ControlPlane.class.getName());
  private static final int MIN_GRPC_THREADS = 4;

  private final ControlPlaneOptions options;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final PeerLimits limits = new PeerLimits(meters, System::currentTimeMillis);
  private final HealthStatusManager health = new HealthStatusManager();
  private final LateServices late = new LateServices(this::reason);
  private final StoreOpener opener = new StoreOpener(meters);
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Object lock = new Object();
  private final @Nullable ClusterAccess cluster;
  private final boolean guarded;
  private final EndpointTls tls;
  private final ExecutorService grpcThreads;
  private final Server server;
  private final MetricsServer metrics;
  private final @Nullable KubernetesClient kubernetes;
  private volatile @Nullable ServingParts parts;
  private volatile @Nullable AdmissionParts admission;
  private volatile @Nullable CaConfigMaps authorities;
  private volatile String notOpen = "the store is being opened";
  private volatile boolean closing;

  private ControlPlane(ControlPlaneOptions options, @Nullable ClusterAccess known) {
    this.options = options;
    ControlPlaneMetrics.bindProcess(meters);
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    kubernetes = openKubernetes();
    cluster = known == null ? openCallers() : known;
    guarded = known != null || options.security().authenticate();
    tls = openTls();
    metrics = startMetrics();
    grpcThreads =
        Executors.newFixedThreadPool(
            Math.max(MIN_GRPC_THREADS, Runtime.getRuntime().availableProcessors()),
            Thread.ofPlatform().name("weft-grpc-", 0).daemon(true).factory());
    server = startGrpc();
    Thread.ofPlatform().name("weft-start").start(this::openStore);
  }

  /**
   * Starts a control plane. Returns when both ports are open; {@link #ready} tells when it serves.
   *
   * @throws StartFailedException with one line for a person
   */
  public static ControlPlane start(ControlPlaneOptions options) {
    return start(options, null);
  }

  /**
   * Starts a control plane whose callers a cluster knows.
   *
   * @param cluster with it, callers have to prove who they are
   * @throws StartFailedException with one line for a person
   */
  static ControlPlane start(ControlPlaneOptions options, @Nullable ClusterAccess cluster) {
    return new ControlPlane(options, cluster);
  }

  /** Completes when the store was read for the first time; fails with what keeps it from that. */
  public CompletableFuture<Void> ready() {
    return ready;
  }

  /** Completes when the control plane has ended; fails with the reason if it could not go on. */
  public CompletableFuture<Void> ended() {
    return ended;
  }

  /** The port of the gRPC API. */
  public int grpcPort() {
    return server.getPort();
  }

  /** The port of {@code /metrics}, {@code /live} and {@code /ready}. */
  public int metricsPort() {
    return metrics.port();
  }

  /** What {@code /metrics} answers. */
  public String metricsText() {
    return meters.scrape();
  }

  /**
   * Ends in order: says NOT_SERVING, gives up its lease, has the sidecars go to another replica,
   * ends what streams are left, closes the store. Blocks for some seconds at most. May be called
   * twice.
   */
  @Override
  public void close() {
    synchronized (lock) {
      if (closing) {
        return;
      }
      closing = true;
    }
    health.enterTerminalState();
    opener.stop();
    AdmissionParts asked = admission;
    if (asked != null) {
      asked.close();
    }
    ServingParts running = parts;
    if (running != null) {
      running.retire();
      running.handOver();
      running.endStreams();
    }
    server.shutdown();
    try {
      if (!server.awaitTermination(1, TimeUnit.SECONDS)) {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      server.shutdownNow();
    }
    if (running != null) {
      running.close();
    }
    CaConfigMaps telling = authorities;
    if (telling != null) {
      telling.close();
    }
    if (kubernetes != null) {
      kubernetes.close();
    }
    metrics.close();
    tls.close();
    grpcThreads.shutdown();
    ready.completeExceptionally(new StartFailedException("closed before it was ready", null));
    ended.complete(null);
  }

  private void openStore() {
    Store store;
    try {
      store = opener.open(EtcdSecret.resolve(options, kubernetes), why -> notOpen = why);
    } catch (StoreException | IllegalArgumentException e) {
      fail(new StartFailedException(String.valueOf(e.getMessage()), e));
      return;
    }
    if (store == null) {
      return;
    }
    try {
      synchronized (lock) {
        if (closing) {
          store.close();
          return;
        }
        serve(
            ServingParts.start(
                new RemovalMarks(new MeteredStore(store, meters)),
                options,
                kubernetes,
                meters,
                limits,
                () -> !closing));
      }
    } catch (StartFailedException e) {
      fail(e);
    }
  }

  private void fail(StartFailedException failure) {
    ready.completeExceptionally(failure);
    ended.completeExceptionally(failure);
    close();
  }

  private void serve(ServingParts started) {
    parts = started;
    authorities = tellTrusted(started);
    admission = startAdmission(started);
    started.registry().addStatusListener(() -> showHealth(started));
    started
        .registry()
        .addListener(
            change -> {
              if (!ready.isDone()) {
                late.open(started.services());
                showHealth(started);
                LOG.log(
                    Level.INFO,
                    "serving gRPC on {0}:{1}, metrics on port {2}; store {3} at revision {4}",
                    options.bind(),
                    Integer.toString(grpcPort()),
                    Integer.toString(metricsPort()),
                    change.view().storeId(),
                    Long.toString(change.view().revision()));
                ready.complete(null);
              }
            });
  }

  private void showHealth(ServingParts running) {
    if (closing) {
      return;
    }
    RegistryStatus status = running.registry().status();
    boolean serving = !late.getServices().isEmpty() && status.synced();
    ServingStatus shown = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, shown);
    for (ServerServiceDefinition service : late.getServices()) {
      health.setStatus(service.getServiceDescriptor().getName(), shown);
    }
  }

  private String reason() {
    ServingParts running = parts;
    return running == null ? notOpen : running.registry().status().reason();
  }

  private MetricsServer.Readiness readiness() {
    ServingParts running = parts;
    if (closing) {
      return new MetricsServer.Readiness(false, "ending");
    }
    if (running == null) {
      return new MetricsServer.Readiness(false, "no store yet: " + notOpen);
    }
    AdmissionParts asked = admission;
    if (asked == null ? hasWebhooks() : !asked.warm()) {
      return new MetricsServer.Readiness(false, "the webhooks are being tried");
    }
    RegistryStatus status = running.registry().status();
    var text =
        new StringBuilder(
            switch (status.state()) {
              case SYNCED -> "ready at revision " + running.registry().current().revision();
              case INTERRUPTED ->
                  "no contact with the store, what it had stays in force: " + status.reason();
              case CONNECTING -> "no contact with the store: " + status.reason();
            });
    Loss loss = running.registry().loss();
    if (!loss.isEmpty()) {
      text.append("\nalarm: ").append(loss.message());
    }
    for (Reaper.Alarm alarm : running.reaper().alarms()) {
      text.append("\nalarm: ").append(alarm.message());
    }
    running.kubernetesText().forEach(line -> text.append("\nkubernetes: ").append(line));
    // Without its store, too, it answers for what it knows: pods start, sidecars come back.
    return new MetricsServer.Readiness(
        status.state() != RegistryStatus.State.CONNECTING, text.toString());
  }

  private @Nullable KubernetesClient openKubernetes() {
    try {
      KubernetesOptions wanted = options.kubernetes();
      return wanted.enabled() ? KubernetesAccess.open(wanted.kubeconfig()) : null;
    } catch (IllegalArgumentException | KubernetesClientException e) {
      throw new StartFailedException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Not where no API server asks. */
  private boolean hasWebhooks() {
    return kubernetes != null && tls.identity() != null && options.kubernetes().webhookPort() != 0;
  }

  private @Nullable AdmissionParts startAdmission(ServingParts running) {
    ServerIdentity identity = tls.identity();
    int port = options.kubernetes().webhookPort();
    CaConfigMaps trust = authorities;
    if (kubernetes == null || identity == null || !hasWebhooks()) {
      return null;
    }
    try {
      return AdmissionParts.start(
          new InetSocketAddress(options.bind(), port),
          kubernetes,
          identity,
          running.registry(),
          trust == null ? namespace -> {} : trust::ensure,
          meters);
    } catch (IOException e) {
      throw cannotListen("--webhook-port", port, e);
    }
  }

  /** Null where we are no part of a cluster, but only look at one. */
  private @Nullable ClusterAccess openCallers() {
    SecurityOptions security = options.security();
    return kubernetes != null && (security.authenticate() || KubernetesAccess.inPod())
        ? new KubernetesCallers(kubernetes, security.systemNamespace())
        : null;
  }

  private EndpointTls openTls() {
    try {
      return EndpointTls.open(options, cluster == null ? null : cluster.roots(), meters);
    } catch (StartFailedException e) {
      if (kubernetes != null) {
        kubernetes.close();
      }
      throw e;
    }
  }

  /** Tells sidecars in the cluster whom to trust; null where there are none. */
  private @Nullable CaConfigMaps tellTrusted(ServingParts started) {
    ServerIdentity identity = tls.identity();
    if (kubernetes == null || cluster == null || identity == null) {
      return null;
    }
    CaConfigMaps telling =
        CaConfigMaps.start(
            kubernetes,
            options.security().systemNamespace(),
            identity::trustedPem,
            started.reaper()::leading);
    started.onNamespacesWithSidecars(telling::need);
    return telling;
  }

  private MetricsServer startMetrics() {
    try {
      return MetricsServer.start(
          new InetSocketAddress(options.bind(), options.metricsPort()), meters, this::readiness);
    } catch (IOException | IllegalArgumentException e) {
      tls.close();
      throw cannotListen("--metrics-port", options.metricsPort(), e);
    }
  }

  private Server startGrpc() {
    try {
      CallGate gate = new CallGate(limits, meters, System::nanoTime);
      NettyServerBuilder builder =
          GrpcPort.builder(
              new InetSocketAddress(options.bind(), options.grpcPort()),
              tls.credentials(guarded),
              gate,
              health);
      if (guarded && cluster != null) {
        builder.intercept(new CallGuard(cluster, meters, InstantSource.system(), System::nanoTime));
      } else {
        builder.intercept(CallerName.byAddress());
      }
      return builder
          .intercept(gate)
          .executor(grpcThreads)
          .fallbackHandlerRegistry(late)
          .build()
          .start();
    } catch (IOException | IllegalArgumentException e) {
      metrics.close();
      tls.close();
      grpcThreads.shutdown();
      throw cannotListen("--grpc-port", options.grpcPort(), e);
    }
  }

  private StartFailedException cannotListen(String option, int port, Exception failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new StartFailedException(
        "cannot listen on "
            + options.bind()
            + ":"
            + port
            + ": "
            + root.getMessage()
            + "; another process may have the port: stop it, or choose another with "
            + option
            + " (or another address with --bind)",
        failure);
  }
}
