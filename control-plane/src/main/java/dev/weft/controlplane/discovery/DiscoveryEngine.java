package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.CompileCounts;
import dev.weft.controlplane.compile.Compiler;
import dev.weft.controlplane.discovery.Outstanding.Owed;
import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.discovery.loop.EngineThread;
import dev.weft.controlplane.discovery.pace.EngineShare;
import dev.weft.controlplane.discovery.pace.NodeIndex;
import dev.weft.controlplane.discovery.pace.Sentences;
import dev.weft.controlplane.inforce.InForce;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.StrictRequests;
import dev.weft.controlplane.limit.Trouble;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.NodeConfig;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Serves {@code weft.discovery.v1}: compiles what the connected sidecars want, as the registry
 * changes, and sends each of them what it does not have yet.
 *
 * <p>Every method may be called from any thread and none blocks: all work is handed over to one
 * engine thread, which owns every stream.
 */
public final class DiscoveryEngine implements SubscriberAcks, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DiscoveryEngine.class.getName());
  private static final String ENDS = "the control plane is shutting down";
  private static final long SWEEP_NANOS = Duration.ofSeconds(1).toNanos();

  private final EngineLoop loop;
  private final DiscoveryOptions options;
  private final CompileCounts compileCounts;
  private final ResourceTable table;
  private final Watchers watchers;
  private final ChangeBatch batch;
  private final AckWaiters waiters = new AckWaiters();
  private final InForceCounts counts;
  private final DiscoveryMetrics metrics;
  private final PeerLimits limits;
  private final EngineShare share;

  /** Of all who ask about sidecars: a person who asks in a loop holds up no sidecar. */
  private final EngineShare.Account askers;

  private final Requests requests;
  private final StreamBounds bounds;
  private final Set<NodeStream> streams = new LinkedHashSet<>();
  private final NodeIndex<NodeStream> nodes = new NodeIndex<>();
  private final Moves moves;
  private final String replicaId;
  private String storeId = "";
  private boolean closed;

  DiscoveryEngine(EngineLoop loop, MeterRegistry meters, DiscoveryOptions options) {
    this(loop, meters, options, new PeerLimits(meters, loop::wallMillis), "test");
  }

  private DiscoveryEngine(
      EngineLoop loop,
      MeterRegistry meters,
      DiscoveryOptions options,
      PeerLimits limits,
      String replicaId) {
    this.loop = loop;
    this.replicaId = replicaId;
    this.moves = new Moves(streams, meters);
    this.options = options;
    this.limits = limits;
    this.share = new EngineShare(loop);
    this.askers = share.open();
    var compiler = new Compiler(options.clusterDomain());
    this.compileCounts = compiler.counts();
    this.table = new ResourceTable(compiler);
    this.watchers = new Watchers(table);
    this.counts = new InForceCounts(table, watchers, loop);
    watchers.listener(counts::touched);
    this.batch = new ChangeBatch(loop, options, this::apply);
    this.metrics = new DiscoveryMetrics(meters, compileCounts, table);
    this.requests = new Requests(loop, options, table, nodes, metrics, limits, this::end);
    this.bounds = new StreamBounds(loop, options, streams, metrics, limits, share, this::end);
    loop.schedule(SWEEP_NANOS, this::sweep);
  }

  /**
   * An engine with a thread of its own that follows the registry.
   *
   * @param limits where it counts and names who reaches one
   * @param replicaId what this replica is called
   */
  public static DiscoveryEngine start(
      Registry registry,
      MeterRegistry meters,
      DiscoveryOptions options,
      PeerLimits limits,
      String replicaId) {
    var engine = new DiscoveryEngine(new EngineThread(), meters, options, limits, replicaId);
    registry.addListener(engine::onChange);
    return engine;
  }

  /** What is to be bound to a gRPC server. */
  public ServerServiceDefinition service() {
    return StrictRequests.of(GrpcStreamCall.service(this, replicaId), PeerLimit.MESSAGE, limits);
  }

  /** How often each kind of resource was compiled. */
  public CompileCounts compileCounts() {
    return compileCounts;
  }

  /** How often a resource was encoded. */
  public long encodings() {
    return table.encodings();
  }

  /** Takes the registry's changes, in order and without gaps. */
  void onChange(RegistryChange change) {
    long now = loop.nanoTime();
    loop.execute(() -> batch.add(change, now));
  }

  private void apply(RegistryChange change, long sinceNanos) {
    String newStore = change.view().storeId();
    boolean otherStore = !storeId.isEmpty() && !storeId.equals(newStore);
    boolean first = !table.loaded();
    storeId = newStore;
    var why = new Owed(change.view().revision(), sinceNanos);
    var touched = new LinkedHashSet<NodeStream>();
    for (ResourceTable.Update update : table.update(change)) {
      counts.changed(update);
      for (NodeStream stream : watchers.of(update.now().key())) {
        stream.changed(update, why);
        touched.add(stream);
      }
    }
    for (NodeStream stream : first || otherStore ? List.copyOf(streams) : touched) {
      guarded(stream, () -> flush(stream));
    }
    counts.compiled();
    if (otherStore) {
      counts.restart();
    }
    waiters.reached(table.revision(), streams);
    observe();
  }

  private void observe() {
    metrics.state(watchers.size(), table.problemCount(), table.revision());
  }

  private void flush(NodeStream stream) {
    long now = loop.nanoTime();
    if (!bounds.maySend(stream)) {
      return;
    }
    long keptUntil = stream.keepsUntilNanos();
    long resumedBefore = stream.stats().resourcesResumed();
    Outstanding sent = stream.flush(table, storeId, loop);
    if (stream.keepsUntilNanos() != keptUntil) {
      loop.schedule(stream.keepsUntilNanos() - now, () -> ready(stream));
    }
    metrics.resumed(stream.stats().resourcesResumed() - resumedBefore);
    if (sent != null) {
      metrics.sent(sent, sent.bytes());
      bounds.sent(stream);
    } else if (stream.wantsTurn()) {
      loop.execute(() -> serve(stream, () -> flush(stream)));
    } else if (stream.begun() && stream.idle() && stream.stats().inSyncByFullResync()) {
      metrics.fullResync();
    }
  }

  NodeStream open(StreamCall call) {
    var stream =
        new NodeStream(call, watchers, options, share.open(), loop.wallMillis(), loop.nanoTime());
    loop.execute(
        () -> {
          if (closed || moves.ending()) {
            call.close(Status.UNAVAILABLE.withDescription(ENDS));
            return;
          }
          if (!bounds.mayOpen(stream)) {
            return;
          }
          call.accept();
          streams.add(stream);
          metrics.streams(streams.size());
        });
    return stream;
  }

  void ready(NodeStream stream) {
    loop.execute(
        () -> {
          if (streams.contains(stream)) {
            bounds.look(stream);
            guarded(stream, () -> flush(stream));
            waiters.progressed(stream);
            flushReleased();
          }
        });
  }

  private void flushReleased() {
    NodeStream next = bounds.released();
    while (next != null) {
      NodeStream waiting = next;
      guarded(waiting, () -> flush(waiting));
      next = bounds.released();
    }
  }

  /** A mistake in here ends one stream, whose sidecar comes again with what it holds. */
  private void guarded(NodeStream stream, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the stream of node " + stream.node().getId() + " failed", e);
      end(stream, Status.INTERNAL.withDescription("the control plane failed; see its log"));
    }
  }

  void halfClosed(NodeStream stream) {
    loop.execute(() -> end(stream, Status.OK));
  }

  void ended(NodeStream stream) {
    loop.execute(() -> forget(stream));
  }

  void received(NodeStream stream, DiscoveryRequest request) {
    loop.execute(
        () -> {
          if (streams.contains(stream)) {
            serve(stream, () -> takeAndFlush(stream, request));
          }
        });
  }

  /** Does what a sidecar asks for, now or when it is its turn. */
  private void serve(NodeStream stream, Runnable work) {
    boolean later =
        share.serve(
            stream.share(),
            () -> {
              if (streams.contains(stream)) {
                guarded(stream, work);
                observe();
              }
            });
    if (later) {
      bounds.tookDetour(stream);
    }
  }

  private void takeAndFlush(NodeStream stream, DiscoveryRequest request) {
    if (!requests.take(stream, request) || !bounds.hasRoomForNames(stream)) {
      return;
    }
    Outstanding response = requests.answered(stream, request);
    if (response != null) {
      response.resources().keySet().forEach(resource -> counts.touched(resource.key()));
      bounds.answered(stream);
      long wait = stream.pace().sendNotBeforeNanos() - loop.nanoTime();
      if (wait > 0) {
        loop.schedule(wait, () -> ready(stream));
      }
    }
    flush(stream);
    waiters.progressed(stream);
    stream.call().requestNext();
    flushReleased();
  }

  private void end(NodeStream stream, Status status) {
    if (streams.contains(stream)) {
      if (stream.pace().unreadBytes() > 0) {
        stream.call().reset(status);
      } else {
        stream.call().close(status);
      }
      forget(stream);
    }
  }

  private void forget(NodeStream stream) {
    if (streams.remove(stream)) {
      nodes.remove(stream.name(), stream);
      bounds.forget(stream);
      stream.release();
      waiters.gone(stream);
      moves.gone(stream);
      metrics.streams(streams.size());
      metrics.subscriptions(-stream.subscriptions());
      observe();
    }
  }

  private void sweep() {
    bounds.sweep();
    flushReleased();
    if (!closed) {
      loop.schedule(SWEEP_NANOS, this::sweep);
    }
  }

  @Override
  public CompletableFuture<Result> await(long revision, Duration timeout) {
    var future = new CompletableFuture<Result>();
    loop.execute(
        () -> {
          if (closed) {
            future.complete(new Result(false, List.of()));
            return;
          }
          if (waiters.count() >= PeerLimit.SYNC_WAITERS.value()) {
            limits.reached(PeerLimit.SYNC_WAITERS);
            future.completeExceptionally(
                Status.RESOURCE_EXHAUSTED
                    .withDescription(Sentences.tooManyWait())
                    .asRuntimeException());
            return;
          }
          var waiter = new AckWaiters.Waiter(revision, future);
          waiters.add(waiter);
          batch.hurry(revision);
          waiters.reached(table.revision(), streams);
          if (!future.isDone()) {
            loop.schedule(timeout.toNanos(), () -> waiters.expire(waiter));
          }
        });
    return future;
  }

  /** In how many of the sidecars connected here every document is in force. */
  public CompletableFuture<InForce> inForce() {
    var future = new CompletableFuture<InForce>();
    loop.execute(
        () -> {
          InForce now = InForce.UNKNOWN;
          try {
            now = counts.count();
          } finally {
            future.complete(now);
          }
        });
    return future;
  }

  /** Every sidecar connected here, by namespace and id, with its state. */
  public CompletableFuture<ListNodesResponse> listNodes() {
    return asked(
        () -> {
          var response =
              ListNodesResponse.newBuilder()
                  .setReplica(replicaId)
                  .setStoreId(storeId)
                  .setRevision(table.revision());
          Map<String, List<Trouble>> troubles = limits.byPeer();
          for (NodeStream stream : nodes.all()) {
            List<Trouble> own = troubles.remove(stream.name());
            response.addNodes(
                NodeReport.status(stream, table.revision(), own == null ? List.of() : own));
          }
          troubles.values().forEach(others -> response.addAllTroubles(NodeReport.troubles(others)));
          return response.build();
        });
  }

  /**
   * What sidecars have in force that are called so, with their namespace ({@code shop/web-0}) or
   * without it; none when no such is connected here.
   */
  public CompletableFuture<List<NodeConfig>> nodeConfigs(String nodeId) {
    return asked(
        () ->
            nodes.find(nodeId).stream()
                .map(stream -> NodeReport.config(stream, table.revision()))
                .toList());
  }

  private <T> CompletableFuture<T> asked(Supplier<T> answer) {
    var future = new CompletableFuture<T>();
    Runnable work =
        () -> {
          try {
            future.complete(answer.get());
          } catch (RuntimeException e) {
            future.completeExceptionally(e);
          }
        };
    loop.execute(() -> share.serve(askers, work));
    return future;
  }

  /** How many sidecars are connected. Any thread may ask. */
  public int streams() {
    return metrics.streams();
  }

  /**
   * Asks so many of the sidecars to go to another replica.
   *
   * @param within the time over which they spread it
   * @param reason for people
   * @param to which replicas have room
   */
  public void askToMove(int count, Duration within, String reason, List<String> to) {
    loop.execute(() -> moves.some(count, new Moves.Request(within, reason, to), now()));
  }

  /**
   * Takes no further sidecar, and asks all to go to another replica; meanwhile they are served.
   *
   * @param within the time over which they spread it
   * @return completes when the last has gone, or with {@link #close}
   */
  public CompletableFuture<Void> handOver(Duration within) {
    var gone = new CompletableFuture<Void>();
    loop.execute(
        () ->
            moves
                .all(new Moves.Request(within, ENDS, List.of()), now())
                .whenComplete((done, failure) -> gone.complete(null)));
    return gone;
  }

  private Moves.Now now() {
    return new Moves.Now(table.revision(), storeId, loop.nanoTime());
  }

  /** Ends every stream, so that the sidecars move to another replica, and then the thread. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          closed = true;
          var status = Status.UNAVAILABLE.withDescription(ENDS);
          new ArrayList<>(streams).forEach(stream -> end(stream, status));
          waiters.expireAll();
          loop.close();
        });
  }
}
