package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.CompileCounts;
import dev.weft.controlplane.compile.Compiler;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.Outstanding.Owed;
import dev.weft.controlplane.inforce.InForce;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.NodeConfig;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Serves {@code weft.discovery.v1}: compiles what the connected sidecars want, as the registry
 * changes, and sends each of them what it does not have yet.
 *
 * <p>Every method may be called from any thread and none blocks: all work is handed over to one
 * engine thread, which owns every stream.
 */
public final class DiscoveryEngine implements SubscriberAcks, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DiscoveryEngine.class.getName());
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
  private final Set<NodeStream> streams = new LinkedHashSet<>();
  private final Map<String, NodeStream> byNode = new HashMap<>();
  private String storeId = "";
  private boolean closed;

  DiscoveryEngine(EngineLoop loop, MeterRegistry meters, DiscoveryOptions options) {
    this.loop = loop;
    this.options = options;
    var compiler = new Compiler(options.clusterDomain());
    this.compileCounts = compiler.counts();
    this.table = new ResourceTable(compiler);
    this.watchers = new Watchers(table);
    this.counts = new InForceCounts(table, watchers, loop);
    watchers.listener(counts::touched);
    this.batch = new ChangeBatch(loop, options, this::apply);
    this.metrics = new DiscoveryMetrics(meters, compileCounts, table);
    loop.schedule(SWEEP_NANOS, this::sweep);
  }

  /** An engine with a thread of its own that follows the registry. */
  public static DiscoveryEngine start(
      Registry registry, MeterRegistry meters, DiscoveryOptions options) {
    var engine = new DiscoveryEngine(new EngineThread(), meters, options);
    registry.addListener(engine::onChange);
    return engine;
  }

  /** What is to be bound to a gRPC server. */
  public ServerServiceDefinition service() {
    return GrpcStreamCall.service(this);
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
    long keptUntil = stream.keepsUntilNanos();
    long resumedBefore = stream.stats().resourcesResumed();
    Outstanding sent = stream.flush(table, storeId, now);
    if (stream.keepsUntilNanos() != keptUntil) {
      loop.schedule(stream.keepsUntilNanos() - now, () -> ready(stream));
    }
    metrics.resumed(stream.stats().resourcesResumed() - resumedBefore);
    if (sent != null) {
      metrics.sent(sent, sent.bytes());
    }
  }

  NodeStream open(StreamCall call) {
    var stream = new NodeStream(call, watchers, options, loop.wallMillis(), loop.nanoTime());
    loop.execute(
        () -> {
          if (closed) {
            call.close(Status.UNAVAILABLE.withDescription("the control plane is shutting down"));
            return;
          }
          streams.add(stream);
          metrics.streams(streams.size());
        });
    return stream;
  }

  void ready(NodeStream stream) {
    loop.execute(
        () -> {
          if (streams.contains(stream)) {
            guarded(stream, () -> flush(stream));
            waiters.progressed(stream);
          }
        });
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
            guarded(stream, () -> takeAndFlush(stream, request));
            observe();
          }
        });
  }

  private void takeAndFlush(NodeStream stream, DiscoveryRequest request) {
    if (take(stream, request)) {
      flush(stream);
      waiters.progressed(stream);
      stream.call().requestNext();
    }
  }

  /** False: the stream has been ended because of it. */
  private boolean take(NodeStream stream, DiscoveryRequest request) {
    if (!stream.begun() && !begin(stream, request)) {
      return false;
    }
    int before = stream.subscriptions();
    var check = new SubscriptionCheck(metrics, stream.node());
    Optional<Status> wrong = check.read(request);
    if (wrong.isPresent()) {
      end(stream, wrong.get());
      return false;
    }
    stream.unsubscribe(check.unsubscribe());
    stream.subscribe(check.subscribe(), table.revision());
    metrics.subscriptions(stream.subscriptions() - before);
    if (stream.subscriptions() > options.maxSubscriptions()) {
      end(
          stream,
          Status.RESOURCE_EXHAUSTED.withDescription(
              "subscribed to "
                  + stream.subscriptions()
                  + " names, at most "
                  + options.maxSubscriptions()
                  + " are allowed on one stream"));
      return false;
    }
    if (!request.getNonce().isEmpty()) {
      answered(stream, request);
    }
    return true;
  }

  private boolean begin(NodeStream stream, DiscoveryRequest request) {
    Optional<Status> wrong = SubscriptionCheck.first(request, options);
    if (wrong.isPresent()) {
      end(stream, wrong.get());
      return false;
    }
    String id = request.getNode().getId();
    stream.begin(request.getNode(), request.getHeldList(), request.getHeldStoreId());
    NodeStream other = byNode.put(id, stream);
    if (other != null) {
      end(
          other,
          Status.ABORTED.withDescription(
              "node " + id + " has opened another stream, from " + stream.call().peer()));
    }
    return true;
  }

  private void answered(NodeStream stream, DiscoveryRequest request) {
    Outstanding response = stream.answered(request.getNonce());
    if (response == null) {
      return;
    }
    settle(stream, response, request);
    response.resources().keySet().forEach(resource -> counts.touched(resource.key()));
  }

  private void settle(NodeStream stream, Outstanding response, DiscoveryRequest request) {
    if (request.hasRejection()) {
      Rejection rejection = request.getRejection();
      stream.refused(response, rejection, table.revision(), loop.wallMillis());
      metrics.rejected();
      LOG.log(
          Level.WARNING,
          "node {0} refused revision {1}: {2} {3}: {4}",
          stream.node().getId(),
          response.revision(),
          ResourceKey.of(rejection.getResource()),
          rejection.getFieldPath(),
          rejection.getMessage());
      return;
    }
    stream.accepted(response);
    long now = loop.nanoTime();
    response.resources().values().stream()
        .mapToLong(Owed::changeNanos)
        .filter(nanos -> nanos != Owed.NOT_TIMED)
        .min()
        .ifPresent(since -> metrics.pushed(now - since));
  }

  private void end(NodeStream stream, Status status) {
    if (streams.contains(stream)) {
      stream.call().close(status);
      forget(stream);
    }
  }

  private void forget(NodeStream stream) {
    if (streams.remove(stream)) {
      byNode.remove(stream.node().getId(), stream);
      stream.release();
      waiters.gone(stream);
      metrics.streams(streams.size());
      metrics.subscriptions(-stream.subscriptions());
      observe();
    }
  }

  /** Cuts off those that could answer and do not, and those that never say who they are. */
  private void sweep() {
    long now = loop.nanoTime();
    long patience = options.ackTimeout().toNanos();
    for (NodeStream stream : List.copyOf(streams)) {
      if (stream.silentFor(patience, now)) {
        String what =
            stream.begun()
                ? "no answer to response " + stream.unansweredNonce()
                : "no first request with a node";
        end(
            stream,
            Status.DEADLINE_EXCEEDED.withDescription(
                what + " within " + options.ackTimeout().toSeconds() + " s"));
      }
    }
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

  /** Every sidecar connected here, by node id, with its state. */
  public CompletableFuture<ListNodesResponse> listNodes() {
    var future = new CompletableFuture<ListNodesResponse>();
    loop.execute(
        () -> {
          var response =
              ListNodesResponse.newBuilder().setStoreId(storeId).setRevision(table.revision());
          byNode.entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .forEach(
                  node -> response.addNodes(NodeReport.status(node.getValue(), table.revision())));
          future.complete(response.build());
        });
    return future;
  }

  /** What a sidecar has in force; empty when it is not connected here. */
  public CompletableFuture<Optional<NodeConfig>> nodeConfig(String nodeId) {
    var future = new CompletableFuture<Optional<NodeConfig>>();
    loop.execute(
        () ->
            future.complete(
                Optional.ofNullable(byNode.get(nodeId))
                    .map(stream -> NodeReport.config(stream, table.revision()))));
    return future;
  }

  /** Ends every stream, so that the sidecars move to another replica, and then the thread. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          closed = true;
          var status = Status.UNAVAILABLE.withDescription("the control plane is shutting down");
          new ArrayList<>(streams).forEach(stream -> end(stream, status));
          waiters.expireAll();
          loop.close();
        });
  }
}
