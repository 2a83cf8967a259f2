package dev.weft.controlplane.app;

import dev.weft.controlplane.api.MeshService;
import dev.weft.controlplane.api.PolicyService;
import dev.weft.controlplane.api.RegistryService;
import dev.weft.controlplane.discovery.DiscoveryEngine;
import dev.weft.controlplane.discovery.DiscoveryOptions;
import dev.weft.controlplane.inforce.ReplicaReports;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.StrictRequests;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.Reaper;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.liveness.Sessions;
import dev.weft.controlplane.registry.retention.HistoryKeeper;
import dev.weft.controlplane.registry.retention.OverrideKeeper;
import dev.weft.controlplane.registry.retention.VersionKeeper;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.source.apply.AppliedPolicies;
import dev.weft.controlplane.source.apply.PolicyRollback;
import dev.weft.controlplane.source.kubernetes.KubernetesSource;
import dev.weft.controlplane.spread.FairShare;
import dev.weft.controlplane.spread.ReplicaStreams;
import dev.weft.controlplane.status.SidecarCounts;
import dev.weft.controlplane.status.StatusWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ServerServiceDefinition;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that exists once the store is open: store to registry, sessions and reaper, discovery,
 * services. Owns the thread that ticks sessions and reaper.
 */
final class ServingParts implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ServingParts.class.getName());

  /** Looks per TTL at who is silent. */
  private static final int TICKS_PER_TTL = 10;

  /** Over how long the sidecars of a replica that ends spread their leave. */
  private static final Duration HAND_OVER_SPREAD = Duration.ofSeconds(1);

  private static final int HAND_OVER_SECONDS = 5;

  /** How far back one can look in the store. */
  private static final Duration HISTORY = Duration.ofHours(24);

  private final PeerLimits limits;
  private final Store store;
  private final Registry registry;
  private final ReplicaLease lease;
  private final Sessions sessions;
  private final Reaper reaper;
  private final HistoryKeeper history;
  private final VersionKeeper versions;
  private final OverrideKeeper overrides;
  private final DiscoveryEngine discovery;
  private final ReplicaStreams spread;
  private final FairShare share;
  private final Duration looksAtOthers;
  private final RegistryService registryService;
  private final PolicyService policyService;
  private final ScheduledExecutorService ticker;
  private final @Nullable KubernetesSource kubernetes;
  private final @Nullable StatusWriter statuses;

  private ServingParts(
      Store store,
      ControlPlaneOptions options,
      @Nullable KubernetesClient cluster,
      MeterRegistry meters,
      PeerLimits limits,
      BooleanSupplier serving) {
    this.limits = limits;
    Duration ttl = options.instanceTtl();
    this.store = store;
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    lease = new ReplicaLease(store, options.replicaId(), ttl);
    registry.addListener(lease);
    sessions = new Sessions(store, registry, lease, ttl, System::nanoTime);
    reaper = new Reaper(store, registry, lease, sessions::hears, ttl, serving, System::nanoTime);
    history = new HistoryKeeper(store, registry, HISTORY, reaper::leading, System::nanoTime);
    versions = new VersionKeeper(store, registry, reaper::leading, System::currentTimeMillis);
    overrides = new OverrideKeeper(store, registry, reaper::leading, System::currentTimeMillis);
    discovery =
        DiscoveryEngine.start(
            registry, meters, discoveryOptions(options), limits, options.replicaId());
    // A killed replica is in the count for a TTL; nobody moves because of it.
    looksAtOthers = ttl.dividedBy(2);
    spread = new ReplicaStreams(store, lease, looksAtOthers);
    share = new FairShare(ttl.multipliedBy(2));
    registryService =
        new RegistryService(
            store, registry, sessions, reaper, discovery, ttl, limits, System::nanoTime);
    policyService =
        new PolicyService(
            store,
            registry,
            new AppliedPolicies(store, registry, PolicyReader.DOCUMENTS, System::currentTimeMillis),
            new PolicyRollback(store, registry, System::currentTimeMillis),
            limits);
    ControlPlaneMetrics.bind(meters, registry, sessions, reaper, registryService);
    ControlPlaneMetrics.bind(meters, versions);
    ticker =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("weft-liveness").daemon(true).factory());
    long everyNanos = ttl.toNanos() / TICKS_PER_TTL;
    ticker.scheduleWithFixedDelay(this::tick, 0, everyNanos, TimeUnit.NANOSECONDS);
    registry.start();
    if (cluster == null) {
      kubernetes = null;
      statuses = null;
    } else {
      kubernetes = KubernetesSource.start(store, registry, options.replicaId(), cluster);
      KubernetesMetrics.bind(meters, kubernetes);
      statuses =
          StatusWriter.start(
              registry,
              kubernetes::term,
              cluster,
              options.replicaId(),
              new SidecarCounts(
                  options.replicaId(),
                  discovery::inForce,
                  new ReplicaReports(store, lease, meters)),
              meters);
    }
  }

  /**
   * Wires everything on an open store, which it owns from now on.
   *
   * @param cluster the API server to follow; null: none
   * @param limits where those are counted and named who reach one
   */
  static ServingParts start(
      Store store,
      ControlPlaneOptions options,
      @Nullable KubernetesClient cluster,
      MeterRegistry meters,
      PeerLimits limits,
      BooleanSupplier serving) {
    return new ServingParts(store, options, cluster, meters, limits, serving);
  }

  Registry registry() {
    return registry;
  }

  Reaper reaper() {
    return reaper;
  }

  /** What is to be bound to the gRPC server. */
  List<ServerServiceDefinition> services() {
    return List.of(
        StrictRequests.of(registryService.bindService(), PeerLimit.REGISTRY_MESSAGE, limits),
        StrictRequests.of(policyService.bindService(), PeerLimit.MESSAGE, limits),
        discovery.service(),
        StrictRequests.of(
            new MeshService(discovery, spread::others).bindService(), PeerLimit.MESSAGE, limits));
  }

  /** How Kubernetes is followed, in lines for a person; none without it. */
  List<String> kubernetesText() {
    return kubernetes == null ? List.of() : kubernetes.status().lines();
  }

  /** {@link KubernetesSource#onNamespacesWithSidecars}; nobody is told of any without a cluster. */
  void onNamespacesWithSidecars(Consumer<Set<String>> listener) {
    if (kubernetes != null) {
      kubernetes.onNamespacesWithSidecars(listener);
    }
  }

  /** Gives up what other replicas may take over. */
  void retire() {
    ticker.shutdownNow();
    if (kubernetes != null) {
      kubernetes.retire();
    }
    try {
      lease.close().get(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(Level.DEBUG, "the lease was not given up, it will run out: {0}", e.toString());
    }
  }

  /** Has the sidecars go to other replicas, if there are any, before their streams end. */
  void handOver() {
    boolean alone = registry.current().replicas().stream().allMatch(lease.replicaId()::equals);
    if (alone || discovery.streams() == 0) {
      return;
    }
    try {
      discovery.handOver(HAND_OVER_SPREAD).get(HAND_OVER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(
          Level.INFO,
          "{0} sidecars have found no other replica within {1} s: their streams end",
          discovery.streams(),
          HAND_OVER_SECONDS);
    }
  }

  /** Ends the streams of sidecars, so that they move on. */
  void endStreams() {
    discovery.close();
  }

  @Override
  public void close() {
    if (statuses != null) {
      statuses.close();
    }
    if (kubernetes != null) {
      kubernetes.close();
    }
    registry.close();
    store.close();
  }

  private void tick() {
    try {
      lease.tick();
      sessions.tick();
      reaper.tick();
      history.tick();
      versions.tick();
      overrides.tick();
      spreadSidecars();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "looking after sessions failed; it goes on", e);
    }
  }

  private void spreadSidecars() {
    int own = discovery.streams();
    spread.tick(registry.current(), own, System.nanoTime());
    Map<String, Integer> others = spread.others();
    int tooMany = others.isEmpty() ? 0 : share.due(own, others.values(), System.nanoTime());
    if (tooMany > 0) {
      LOG.log(
          Level.INFO,
          "{0} of the {1} sidecars here are asked to go to another replica; those have {2}",
          tooMany,
          own,
          others);
      discovery.askToMove(
          tooMany,
          looksAtOthers,
          "another replica has fewer sidecars",
          FairShare.withRoom(own, others));
    }
  }

  private static DiscoveryOptions discoveryOptions(ControlPlaneOptions options) {
    DiscoveryOptions standard = DiscoveryOptions.DEFAULT;
    // Instances register with another store within a TTL.
    return new DiscoveryOptions(
        options.clusterDomain(),
        standard.maxSubscriptions(),
        standard.maxHeld(),
        standard.maxResponseBytes(),
        standard.ackTimeout(),
        standard.quiet(),
        standard.maxBatch(),
        standard.awaitedGap(),
        standard.streamLimits(),
        options.instanceTtl());
  }
}
