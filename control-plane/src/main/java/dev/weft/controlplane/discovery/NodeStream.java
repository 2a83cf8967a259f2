package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.Outstanding.Owed;
import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.discovery.pace.EngineShare;
import dev.weft.controlplane.discovery.pace.NodeIndex;
import dev.weft.controlplane.discovery.pace.StreamPace;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sidecar's stream: what it subscribed to, what follows from that, what it has, and what it is
 * owed. At most one response is unanswered, and of a resource that it is owed only the newest
 * version is ever sent. Owned by the engine thread.
 */
final class NodeStream {
  private final StreamCall call;
  private final Watchers watchers;
  private final DiscoveryOptions options;
  private final StreamStats stats;
  private final StreamPace pace;
  private final EngineShare.Account share;
  private final Closure closure = new Closure();
  private final Holdings holdings = new Holdings();
  private final Map<ResourceKey, Owed> owed = new LinkedHashMap<>();
  private @Nullable Outstanding outstanding;

  /** Since the unanswered response: the sidecar may have left them out of it. */
  private final Set<ResourceKey> unsubscribedMeanwhile = new HashSet<>();

  /** Since the last look: there was nothing to send, but there are names that were not followed. */
  private boolean wantsTurn;

  private long nonces;
  private Node node = Node.getDefaultInstance();

  /** The store from which the versions that the sidecar holds came. */
  private String heldStoreId = "";

  /** Until when nothing that it holds is replaced, because the store is another one. */
  private long keepsUntilNanos;

  NodeStream(
      StreamCall call,
      Watchers watchers,
      DiscoveryOptions options,
      EngineShare.Account share,
      long nowMillis,
      long nowNanos) {
    this.call = call;
    this.watchers = watchers;
    this.options = options;
    this.share = share;
    this.keepsUntilNanos = nowNanos;
    this.stats = new StreamStats(nowMillis);
    this.pace = new StreamPace(nowNanos);
  }

  /** The first request: who it is, and what it brings along from which store. */
  void begin(Node who, Collection<HeldResource> held, String store) {
    node = who;
    heldStoreId = store;
    holdings.bring(held);
    stats.begun(held.size());
    pace.begun();
  }

  boolean begun() {
    return stats.hasBegun();
  }

  Node node() {
    return node;
  }

  /** What people call it: {@code NAMESPACE/NODE}; before it has said so, where it calls from. */
  String name() {
    return begun() ? NodeIndex.name(node.getNamespace(), node.getId()) : call.peer();
  }

  StreamPace pace() {
    return pace;
  }

  /** What it has taken of the engine's time. */
  EngineShare.Account share() {
    return share;
  }

  StreamCall call() {
    return call;
  }

  StreamStats stats() {
    return stats;
  }

  int subscriptions() {
    return closure.roots();
  }

  int resources() {
    return holdings.count();
  }

  /** What the sidecar has in force, as far as this stream knows the content. */
  List<EncodedResource> inForce() {
    return holdings.contents();
  }

  void subscribe(Collection<ResourceKey> names, long revision) {
    closure.subscribe(names, revision);
    for (ResourceKey name : names) {
      if (closure.wants(name)) {
        owed.putIfAbsent(name, new Owed(revision, Owed.NOT_TIMED));
      }
    }
  }

  /** The sidecar may have dropped these already: should they be wanted again, they are sent. */
  void unsubscribe(Collection<ResourceKey> names) {
    closure.unsubscribe(names);
    for (ResourceKey name : names) {
      holdings.doubt(name);
      if (outstanding != null && (closure.wants(name) || holdings.contains(name))) {
        unsubscribedMeanwhile.add(name);
      }
    }
  }

  /** A resource that this stream wants has new content. */
  void changed(ResourceTable.Update update, Owed why) {
    owed.putIfAbsent(update.now().key(), why);
    EncodedResource before = update.before();
    if (before == null || !before.needs().equals(update.now().needs())) {
      closure.changed();
    }
  }

  private void adopt(String storeId, long nowNanos) {
    if (heldStoreId.equals(storeId)) {
      return;
    }
    // What another store's content was called says nothing about this one's. It is better than
    // nothing all the same, until everybody had the time to register here.
    if (!heldStoreId.isEmpty() && !holdings.isEmpty()) {
      keepsUntilNanos = nowNanos + options.storeGrace().toNanos();
    }
    heldStoreId = storeId;
    holdings.doubtAll();
    for (ResourceKey key : holdings.keys()) {
      if (closure.wants(key)) {
        owed.putIfAbsent(key, new Owed(0, Owed.NOT_TIMED));
      }
    }
  }

  /**
   * Sends what is owed, if nothing is unanswered, the transport takes it, and it is time.
   *
   * @return what was sent; null: nothing
   */
  @Nullable Outstanding flush(ResourceTable table, String storeId, EngineLoop loop) {
    long nowNanos = loop.nanoTime();
    wantsTurn = false;
    if (outstanding != null
        || !begun()
        || !table.loaded()
        || !call.isReady()
        || nowNanos < pace.sendNotBeforeNanos()) {
      return null;
    }
    adopt(storeId, nowNanos);
    if (closure.isStale()) {
      followClosure(table.revision(), loop);
    }
    // Of names that were not followed yet it may hold what would be taken for unwanted.
    boolean followed = !closure.isStale();
    var resources = new LinkedHashMap<EncodedResource, Owed>();
    boolean complete = collect(resources, nowNanos);
    List<ResourceKey> removed =
        complete && followed && nowNanos >= keepsUntilNanos
            ? holdings.removable(closure)
            : List.of();
    if (resources.isEmpty() && removed.isEmpty()) {
      wantsTurn = !followed;
      return null;
    }
    resources.keySet().forEach(resource -> owed.remove(resource.key()));
    nonces++;
    String nonce = Long.toString(nonces);
    ResponseBytes bytes =
        ResponseBytes.of(nonce, table.revision(), storeId, resources.keySet(), removed);
    var sent = new Outstanding(nonce, resources, removed, table.revision(), bytes.size());
    call.send(bytes);
    outstanding = sent;
    unsubscribedMeanwhile.clear();
    pace.sent(bytes.size(), call.isReady(), nowNanos);
    stats.sent(resources.size());
    return sent;
  }

  /** What is newly wanted is owed, and what is not wanted any more is not. */
  private void followClosure(long revision, EngineLoop loop) {
    for (ResourceKey key : closure.follow(watchers, holdings, loop)) {
      if (closure.wants(key)) {
        watchers.add(key, this);
        boolean brought = holdings.contains(key);
        owed.putIfAbsent(key, new Owed(brought ? 0 : revision, Owed.NOT_TIMED));
      } else {
        watchers.remove(key, this);
        owed.remove(key);
        if (!holdings.has(key)) {
          holdings.remove(key);
        }
      }
    }
  }

  /** What may be sent now; false: there is more that did not fit. */
  private boolean collect(Map<EncodedResource, Owed> into, long nowNanos) {
    var coming = new HashSet<ResourceKey>();
    long bytes = 0;
    for (ResourceKey key : owed.keySet().stream().sorted(Holdings.NEEDED_FIRST).toList()) {
      EncodedResource current = watchers.current(key);
      if (current == null || settled(key, current)) {
        owed.remove(key);
      } else if (sendable(key, current, coming, nowNanos)) {
        bytes += current.size();
        if (bytes > options.maxResponseBytes() && !into.isEmpty()) {
          return false;
        }
        into.put(current, owed.getOrDefault(key, new Owed(0, Owed.NOT_TIMED)));
        coming.add(key);
      }
    }
    return true;
  }

  /** Whether it may be replaced there, and the sidecar has or gets all that it refers to. */
  private boolean sendable(
      ResourceKey key, EncodedResource current, Set<ResourceKey> coming, long nowNanos) {
    boolean keptBack = nowNanos < keepsUntilNanos && holdings.has(key);
    return !keptBack
        && current.needs().stream().allMatch(need -> coming.contains(need) || holdings.has(need));
  }

  /** Whether the sidecar has, or has refused, exactly this. */
  private boolean settled(ResourceKey key, EncodedResource current) {
    Holding holding = holdings.get(key);
    if (holding == null) {
      return false;
    }
    if (current.version().equals(holding.version)) {
      if (holding.content == null) {
        stats.resumed();
      }
      holding.accepted(current);
      return true;
    }
    return current.version().equals(holding.refused);
  }

  /**
   * The sidecar has answered a response.
   *
   * @return the response; null: it answers none, or an earlier one
   */
  @Nullable Outstanding answered(String nonce) {
    Outstanding answered = outstanding;
    if (answered == null || !answered.nonce().equals(nonce)) {
      return null;
    }
    outstanding = null;
    pace.answered();
    return answered;
  }

  void accepted(Outstanding response) {
    for (EncodedResource resource : response.resources().keySet()) {
      Holding holding = holdings.of(resource.key());
      if (holding.content == null || !resource.needs().equals(holding.needs())) {
        closure.changed();
      }
      holding.accepted(resource);
    }
    response.removed().forEach(holdings::remove);
    for (ResourceKey key : unsubscribedMeanwhile) {
      holdings.doubt(key);
      if (closure.wants(key)) {
        owed.putIfAbsent(key, new Owed(response.revision(), Owed.NOT_TIMED));
      }
    }
    unsubscribedMeanwhile.clear();
  }

  /** What was refused is not sent again before it changes; the rest of the response is. */
  void refused(Outstanding response, Rejection rejection, long revision, EngineLoop loop) {
    stats.rejected(rejection, loop.wallMillis());
    pace.refused(loop.nanoTime());
    ResourceKey culprit = ResourceKey.of(rejection.getResource());
    boolean named =
        response.resources().keySet().stream().anyMatch(one -> one.key().equals(culprit));
    for (Map.Entry<EncodedResource, Owed> entry : response.resources().entrySet()) {
      EncodedResource resource = entry.getKey();
      if (named && !resource.key().equals(culprit)) {
        owed.put(resource.key(), entry.getValue());
      } else {
        Holding holding = holdings.of(resource.key());
        holding.refused = resource.version();
        holding.refusedOwedSince = entry.getValue().since();
        holding.refusedAt = revision;
      }
    }
    if (response.resources().isEmpty()) {
      // It does not want to let go of something: not worth a quarrel.
      response.removed().forEach(holdings::remove);
    }
  }

  /** What it has, as far as it is known. */
  Holdings holdings() {
    return holdings;
  }

  /** Why, as far as it is known: of the last refusal. */
  String refusalOf(EncodedResource resource) {
    Rejection last = stats.lastRejection();
    return last == null || !ResourceKey.of(last.getResource()).equals(resource.key())
        ? "refused " + resource.key()
        : resource.key() + " " + last.getFieldPath() + " " + last.getMessage();
  }

  /** Whether something that changed up to that revision is not in force there yet. */
  boolean owes(long revision) {
    Outstanding unanswered = outstanding;
    return closure.rootsChangedAt() <= revision
        || (unanswered != null && unanswered.owes(revision))
        || owed.values().stream().anyMatch(one -> one.since() <= revision)
        || (stats.everRejected() && holdings.refusedOf(revision));
  }

  /** The newest revision of which nothing is missing there. */
  long acknowledgedRevision(long current) {
    long missing = closure.rootsChangedAt();
    for (Owed one : owed.values()) {
      missing = Math.min(missing, one.since());
    }
    Outstanding unanswered = outstanding;
    if (unanswered != null) {
      for (Owed one : unanswered.resources().values()) {
        missing = Math.min(missing, one.since());
      }
    }
    if (stats.everRejected()) {
      missing = Math.min(missing, holdings.refusedSince());
    }
    return missing == Closure.NEVER ? current : Math.max(0, missing - 1);
  }

  /** When what is kept back may be sent; not after now: nothing is kept back. */
  long keepsUntilNanos() {
    return keepsUntilNanos;
  }

  /** Whether there are names to be followed, and no answer to be waited for. */
  boolean wantsTurn() {
    return wantsTurn;
  }

  boolean idle() {
    return outstanding == null && owed.isEmpty() && !closure.isStale();
  }

  boolean refusesSomething() {
    return stats.everRejected() && holdings.refuses();
  }

  /** The nonce of the unanswered response; empty: there is none. */
  String unansweredNonce() {
    Outstanding unanswered = outstanding;
    return unanswered == null ? "" : unanswered.nonce();
  }

  /** Lets go of everything. */
  void release() {
    closure.clear().forEach(key -> watchers.remove(key, this));
    owed.clear();
  }
}
