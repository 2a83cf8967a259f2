package dev.weft.controlplane.source.kubernetes;

import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.Election;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.source.kubernetes.api.ApiResource;
import dev.weft.controlplane.source.kubernetes.api.Decoder;
import dev.weft.controlplane.source.kubernetes.api.Informer;
import dev.weft.controlplane.source.kubernetes.api.InformerListener;
import dev.weft.controlplane.source.kubernetes.api.InformerStatus;
import dev.weft.controlplane.source.kubernetes.object.ClusterObjects;
import dev.weft.controlplane.source.kubernetes.object.Documents;
import dev.weft.controlplane.source.kubernetes.object.NodeFacts;
import dev.weft.controlplane.source.kubernetes.object.PodFacts;
import dev.weft.controlplane.source.kubernetes.object.SliceFacts;
import dev.weft.controlplane.source.kubernetes.write.StoreWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the registry what Kubernetes has. Every replica runs one and knows everything; the one
 * that holds {@code leader/kubernetes} writes, the others could go on from the next change.
 *
 * <p>Nothing is written, let alone removed, before every kind was listed, or is not installed, or
 * is forbidden to us; of a forbidden kind, everything that is stored stays. While the API server is
 * away nothing changes. Owns the thread {@code weft-kubernetes}; safe from any.
 */
public final class KubernetesSource implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(KubernetesSource.class.getName());
  private static final Duration TICK = Duration.ofMillis(250);

  /** How long a killed leader is waited for: the next one writes within 6 s. */
  private static final Duration LEADER_TTL = Duration.ofSeconds(4);

  private final KubernetesClient client;
  private final ReplicaLease lease;
  private final Election election;
  private final ScheduledExecutorService thread;
  private final ClusterObjects objects = new ClusterObjects();
  private final StoreWriter writer;
  private volatile boolean retired;
  private final List<Followers> followers = new ArrayList<>();

  // Owned by the thread.
  private boolean open;
  private boolean leading;
  private Set<String> told = Set.of();
  private Set<String> withSidecars = Set.of();
  private Consumer<Set<String>> sidecarListener = namespaces -> {};

  /** The informers that have to have answered before a prefix of the store may be touched. */
  private record Followers(String prefix, List<Informer<?>> informers) {}

  private KubernetesSource(
      Store store, Registry registry, String replicaId, KubernetesClient client) {
    this.client = client;
    lease = ReplicaLease.forElections(store, replicaId, LEADER_TTL);
    election = new Election(store, registry, lease, "kubernetes");
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("weft-kubernetes").daemon(true).factory());
    writer =
        new StoreWriter(
            store,
            objects,
            this::run,
            System::currentTimeMillis,
            System::nanoTime,
            election::renew);
    Informer<NodeFacts> nodes =
        informer(
            Followed.NODES,
            (version, node) -> NodeFacts.of(node),
            objects::replaceNodes,
            objects::putNode,
            objects::removeNode);
    followers.add(new Followers(StoreWriter.nodes(), List.of(nodes)));
    followers.add(
        new Followers(
            StoreWriter.endpoints(),
            List.of(
                informer(
                    Followed.SLICES,
                    (version, slice) -> SliceFacts.of(slice),
                    objects::replaceSlices,
                    objects::putSlice,
                    objects::removeSlice),
                informer(
                    Followed.PODS,
                    (version, pod) -> PodFacts.of(pod),
                    all -> changePods(() -> objects.replacePods(all)),
                    (name, pod) -> changePods(() -> objects.putPod(name, pod)),
                    name -> changePods(() -> objects.removePod(name))),
                nodes)));
    for (ApiResource resource : Followed.documents()) {
      String kind = resource.kind();
      followers.add(
          new Followers(
              StoreWriter.documents(kind),
              List.of(
                  informer(
                      resource,
                      (version, object) -> Documents.of(kind, version, object),
                      all -> objects.replaceDocuments(kind, all),
                      (name, document) -> objects.putDocument(kind, name, document),
                      name -> objects.removeDocument(kind, name)))));
    }
  }

  /**
   * Begins to follow, and to write when it is elected.
   *
   * @param replicaId unique among the replicas of the store
   * @param client stays its owner's to close, after this
   */
  public static KubernetesSource start(
      Store store, Registry registry, String replicaId, KubernetesClient client) {
    KubernetesSource source = new KubernetesSource(store, registry, replicaId, client);
    source.informers().forEach(Informer::start);
    source.thread.scheduleWithFixedDelay(
        () -> source.guarded(source::tick), 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    return source;
  }

  /** How well Kubernetes is followed. */
  public KubernetesStatus status() {
    Set<String> problems = new LinkedHashSet<>();
    List<KubernetesStatus.Kind> kinds = new ArrayList<>();
    for (Informer<?> informer : informers()) {
      InformerStatus status = informer.status();
      kinds.add(new KubernetesStatus.Kind(informer.resource().shown(), status));
      problems.add(status.problem());
    }
    problems.add(writer.problem());
    problems.remove("");
    return new KubernetesStatus(election.term() != null, List.copyOf(problems), kinds);
  }

  /**
   * How well one kind is followed.
   *
   * @param kind as {@link KubernetesStatus.Kind#name} has it
   */
  public InformerStatus status(String kind) {
    for (Informer<?> informer : informers()) {
      if (informer.resource().shown().equals(kind)) {
        return informer.status();
      }
    }
    throw new IllegalArgumentException(kind + " is not followed");
  }

  /**
   * The term in which this replica leads, for what else only the leader does; null: it does not.
   */
  public Election.@Nullable Term term() {
    return election.term();
  }

  /**
   * Has somebody told, from now on, of all namespaces in which a pod has a sidecar, however that
   * came into it: once at the start, then whenever one is new or has none any more.
   *
   * @param listener called on the thread; must not block
   */
  public void onNamespacesWithSidecars(Consumer<Set<String>> listener) {
    run(
        () -> {
          sidecarListener = listener;
          listener.accept(withSidecars);
        });
  }

  /** Keys of the store written or removed so far by this replica. */
  public long writes() {
    return writer.writes();
  }

  /** Gives up leading, so that another replica need not wait. Blocks for a second at most. */
  public void retire() {
    CompletableFuture<Void> given = new CompletableFuture<>();
    run(
        () -> {
          retired = true;
          lease.close().whenComplete((done, failure) -> given.complete(null));
        });
    try {
      given.get(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(Level.DEBUG, "the lead was not given up, it will run out: {0}", e.toString());
    }
  }

  /** Ends it. What was written stays. */
  @Override
  public void close() {
    retired = true;
    informers().forEach(Informer::close);
    thread.shutdown();
  }

  private List<Informer<?>> informers() {
    return followers.stream()
        .<Informer<?>>flatMap(each -> each.informers().stream())
        .distinct()
        .toList();
  }

  private <T> Informer<T> informer(
      ApiResource resource,
      Decoder<T> decoder,
      Consumer<Map<String, T>> replaced,
      BiConsumer<String, T> put,
      Consumer<String> removed) {
    InformerListener<T> listener =
        new InformerListener<>() {
          @Override
          public void replaced(Map<String, T> found) {
            hand(() -> replaced.accept(found));
          }

          @Override
          public void put(String name, T object) {
            hand(() -> put.accept(name, object));
          }

          @Override
          public void removed(String name) {
            hand(() -> removed.accept(name));
          }

          @Override
          public void statusChanged() {
            run(KubernetesSource.this::tick);
          }
        };
    return new Informer<>(client, resource, decoder, listener);
  }

  private void changePods(Runnable change) {
    change.run();
    if (!objects.namespacesWithSidecars().equals(withSidecars)) {
      withSidecars = Set.copyOf(objects.namespacesWithSidecars());
      sidecarListener.accept(withSidecars);
    }
  }

  private void tick() {
    for (Informer<?> informer : informers()) {
      informer.tick(System.nanoTime());
    }
    tell();
    if (!open && informers().stream().allMatch(each -> each.status().answered())) {
      open = true;
      LOG.log(
          Level.INFO,
          "Kubernetes is followed: {0} entries for the store",
          Integer.toString(objects.wanted().size()));
    }
    if (!open || retired) {
      return;
    }
    // Who does not know what there is does not want to lead.
    for (Followers each : followers) {
      if (each.informers().stream().allMatch(informer -> suffices(informer, each.prefix()))) {
        writer.settle(each.prefix());
      }
    }
    lease.tick();
    Election.Term term = election.tick();
    if (leading != (term != null)) {
      leading = term != null;
      LOG.log(
          Level.INFO,
          leading
              ? "this replica leads: it writes to the store what Kubernetes has"
              : "this replica does not lead any more: another writes what Kubernetes has");
    }
    writer.tick(term);
  }

  /** Endpoints without nodes lack a region only; without anything else, what is stored stays. */
  private static boolean suffices(Informer<?> informer, String prefix) {
    return informer.status().complete()
        || (informer.resource().equals(Followed.NODES) && !prefix.equals(StoreWriter.nodes()));
  }

  private void tell() {
    Set<String> now = Set.copyOf(status().problems());
    now.stream()
        .filter(problem -> !told.contains(problem))
        .forEach(problem -> LOG.log(Level.WARNING, problem));
    if (now.isEmpty() && !told.isEmpty()) {
      LOG.log(Level.INFO, "Kubernetes is followed again");
    }
    told = now;
  }

  /** Has a change made on the thread, and waits for that: an informer is no faster than we are. */
  private void hand(Runnable change) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    boolean taken =
        run(
            () -> {
              try {
                change.run();
                writer.tick(retired ? null : election.term());
              } finally {
                done.complete(null);
              }
            });
    if (taken) {
      done.join();
    }
  }

  /** Runs a task on the thread; false when all is over. */
  private boolean run(Runnable task) {
    try {
      thread.execute(() -> guarded(task));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "following Kubernetes failed; it goes on", e);
    }
  }
}
