package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.Outstanding.Owed;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.controlplane.snapshot.ResourceTable;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sidecar's stream: what it subscribed to, what follows from that, what it has, and what it is
 * owed. At most one response is unanswered, and of a resource that it is owed only the newest
 * version is ever sent. Owned by the engine thread.
 */
final class NodeStream {
  private static final long NEVER = Long.MAX_VALUE;

  /** Bounds a response that removes; what is left follows in the next one. */
  private static final int MOST_REMOVED = 5_000;

  /** Make before break: what is referred to goes before what refers to it. */
  private static final Comparator<ResourceKey> NEEDED_FIRST =
      Comparator.comparingInt(key -> rank(key.kind()));

  private final StreamCall call;
  private final Watchers watchers;
  private final StreamStats stats;
  private final Set<ResourceKey> roots = new LinkedHashSet<>();
  private final Map<ResourceKey, Holding> holdings = new HashMap<>();

  /** Everything that the roots lead to, by what is current and by what is in force there. */
  private Set<ResourceKey> wanted = Set.of();

  private boolean closureChanged;

  /** The revision at which the roots changed without the closure having followed yet. */
  private long rootsChangedAt = NEVER;

  private final Map<ResourceKey, Owed> owed = new LinkedHashMap<>();
  private @Nullable Outstanding outstanding;
  private long unansweredSinceNanos;
  private long nonces;
  private Node node = Node.getDefaultInstance();

  /** The store from which the versions that the sidecar holds came. */
  private String heldStoreId = "";

  NodeStream(StreamCall call, Watchers watchers, long nowMillis, long nowNanos) {
    this.call = call;
    this.watchers = watchers;
    this.stats = new StreamStats(nowMillis);
    this.unansweredSinceNanos = nowNanos;
  }

  /** The first request: who it is, and what it brings along from which store. */
  void begin(Node who, Collection<HeldResource> held, String store) {
    node = who;
    heldStoreId = store;
    for (HeldResource one : held) {
      var holding = new Holding();
      holding.version = one.getVersion();
      holdings.put(ResourceKey.of(one.getResource()), holding);
    }
    stats.begun();
  }

  boolean begun() {
    return stats.hasBegun();
  }

  Node node() {
    return node;
  }

  StreamCall call() {
    return call;
  }

  StreamStats stats() {
    return stats;
  }

  int subscriptions() {
    return roots.size();
  }

  int resources() {
    return (int) holdings.values().stream().filter(holding -> holding.version != null).count();
  }

  /** What the sidecar has in force, as far as this stream knows the content. */
  List<EncodedResource> inForce() {
    return holdings.values().stream()
        .map(holding -> holding.content)
        .filter(Objects::nonNull)
        .sorted(
            Comparator.comparing(
                EncodedResource::key, NEEDED_FIRST.thenComparing(ResourceKey::name)))
        .toList();
  }

  void subscribe(Collection<ResourceKey> names, long revision) {
    if (roots.addAll(names)) {
      closureChanged = true;
      rootsChangedAt = Math.min(rootsChangedAt, revision);
    }
  }

  void unsubscribe(Collection<ResourceKey> names) {
    if (roots.removeAll(Set.copyOf(names))) {
      closureChanged = true;
    }
  }

  /** A resource that this stream wants has new content. */
  void changed(ResourceTable.Update update, Owed why) {
    owed.putIfAbsent(update.now().key(), why);
    EncodedResource before = update.before();
    if (before == null || !before.needs().equals(update.now().needs())) {
      closureChanged = true;
    }
  }

  private void forgetVersions() {
    for (Map.Entry<ResourceKey, Holding> entry : holdings.entrySet()) {
      Holding holding = entry.getValue();
      if (holding.version != null) {
        holding.version = "";
      }
      holding.refused = null;
      if (wanted.contains(entry.getKey())) {
        owed.putIfAbsent(entry.getKey(), new Owed(0, Owed.NOT_TIMED));
      }
    }
  }

  /**
   * Sends what is owed, if nothing is unanswered and the transport takes it.
   *
   * @return what was sent; null: nothing
   */
  @Nullable Outstanding flush(ResourceTable table, String storeId, int maxBytes, long nowNanos) {
    if (outstanding != null || !begun() || table.revision() == 0 || !call.isReady()) {
      return null;
    }
    if (!heldStoreId.equals(storeId)) {
      // What another store's content was called says nothing about this one's.
      forgetVersions();
      heldStoreId = storeId;
    }
    if (closureChanged) {
      followClosure(table.revision());
    }
    var resources = new LinkedHashMap<EncodedResource, Owed>();
    boolean complete = collect(resources, maxBytes);
    List<ResourceKey> removed = complete ? removable() : List.of();
    if (resources.isEmpty() && removed.isEmpty()) {
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
    unansweredSinceNanos = nowNanos;
    stats.sent(resources.size());
    return sent;
  }

  /** Follows the references from the roots; what is newly wanted is owed. */
  private void followClosure(long revision) {
    var reached = new LinkedHashSet<ResourceKey>();
    var open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      ResourceKey key = open.poll();
      if (reached.add(key)) {
        if (!wanted.contains(key)) {
          watchers.add(key, this);
          boolean brought = holdings.containsKey(key);
          owed.putIfAbsent(key, new Owed(brought ? 0 : revision, Owed.NOT_TIMED));
        }
        EncodedResource current = watchers.current(key);
        if (current != null) {
          open.addAll(current.needs());
        }
        Holding holding = holdings.get(key);
        if (holding != null) {
          open.addAll(holding.needs());
        }
      }
    }
    for (ResourceKey key : wanted) {
      if (!reached.contains(key)) {
        watchers.remove(key, this);
        owed.remove(key);
        if (!has(key)) {
          holdings.remove(key);
        }
      }
    }
    wanted = reached;
    closureChanged = false;
    rootsChangedAt = NEVER;
  }

  /** What may be sent now; false: there is more that did not fit. */
  private boolean collect(Map<EncodedResource, Owed> into, int maxBytes) {
    var coming = new HashSet<ResourceKey>();
    long bytes = 0;
    for (ResourceKey key : owed.keySet().stream().sorted(NEEDED_FIRST).toList()) {
      EncodedResource current = watchers.current(key);
      if (current == null || settled(key, current)) {
        owed.remove(key);
      } else if (current.needs().stream().allMatch(need -> coming.contains(need) || has(need))) {
        bytes += current.size();
        if (bytes > maxBytes && !into.isEmpty()) {
          return false;
        }
        into.put(current, owed.getOrDefault(key, new Owed(0, Owed.NOT_TIMED)));
        coming.add(key);
      }
    }
    return true;
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

  private boolean has(ResourceKey key) {
    Holding holding = holdings.get(key);
    return holding != null && holding.version != null;
  }

  /** What nothing needs any more, neither here nor as the sidecar has it in force. */
  private List<ResourceKey> removable() {
    var removable = new ArrayList<ResourceKey>();
    for (Map.Entry<ResourceKey, Holding> entry : holdings.entrySet()) {
      boolean stays = wanted.contains(entry.getKey());
      if (stays && entry.getValue().unknownContent()) {
        // It may refer to anything that came along.
        return List.of();
      }
      if (!stays && entry.getValue().version != null) {
        removable.add(entry.getKey());
      }
    }
    // Those that refer go before those that are referred to.
    removable.sort(NEEDED_FIRST.reversed().thenComparing(ResourceKey::name));
    return removable.size() <= MOST_REMOVED ? removable : removable.subList(0, MOST_REMOVED);
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
    return answered;
  }

  void accepted(Outstanding response) {
    for (EncodedResource resource : response.resources().keySet()) {
      Holding holding = holding(resource.key());
      closureChanged |= holding.content == null || !resource.needs().equals(holding.needs());
      holding.accepted(resource);
    }
    response.removed().forEach(holdings::remove);
  }

  /** What was refused is not sent again before it changes; the rest of the response is. */
  void refused(Outstanding response, Rejection rejection, long revision, long nowMillis) {
    stats.rejected(rejection, nowMillis);
    ResourceKey culprit = ResourceKey.of(rejection.getResource());
    boolean named =
        response.resources().keySet().stream().anyMatch(one -> one.key().equals(culprit));
    for (Map.Entry<EncodedResource, Owed> entry : response.resources().entrySet()) {
      EncodedResource resource = entry.getKey();
      if (named && !resource.key().equals(culprit)) {
        owed.put(resource.key(), entry.getValue());
      } else {
        Holding holding = holding(resource.key());
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

  private Holding holding(ResourceKey key) {
    return holdings.computeIfAbsent(key, _ -> new Holding());
  }

  /** Whether something that changed up to that revision is not in force there yet. */
  boolean owes(long revision) {
    Outstanding unanswered = outstanding;
    return rootsChangedAt <= revision
        || (unanswered != null && unanswered.owes(revision))
        || owed.values().stream().anyMatch(one -> one.since() <= revision)
        || (stats.everRejected()
            && holdings.values().stream()
                .anyMatch(
                    one ->
                        one.refused != null
                            && one.refusedOwedSince <= revision
                            && revision <= one.refusedAt));
  }

  /** The newest revision of which nothing is missing there. */
  long acknowledgedRevision(long current) {
    long missing = rootsChangedAt;
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
      for (Holding holding : holdings.values()) {
        missing = holding.refused == null ? missing : Math.min(missing, holding.refusedOwedSince);
      }
    }
    return missing == NEVER ? current : Math.max(0, missing - 1);
  }

  boolean idle() {
    return outstanding == null && owed.isEmpty() && !closureChanged;
  }

  boolean refusesSomething() {
    return stats.everRejected()
        && holdings.values().stream().anyMatch(holding -> holding.refused != null);
  }

  /** Whether the sidecar could have answered, or said who it is, for that long and has not. */
  boolean silentFor(long nanos, long nowNanos) {
    if (begun() && outstanding == null) {
      return false;
    }
    if (!call.isReady()) {
      // It is slow to read: the time begins when it has.
      unansweredSinceNanos = nowNanos;
      return false;
    }
    return nowNanos - unansweredSinceNanos >= nanos;
  }

  /** The nonce of the unanswered response; empty: there is none. */
  String unansweredNonce() {
    Outstanding unanswered = outstanding;
    return unanswered == null ? "" : unanswered.nonce();
  }

  /** Lets go of everything. */
  void release() {
    wanted.forEach(key -> watchers.remove(key, this));
    wanted = Set.of();
    owed.clear();
  }

  private static int rank(ResourceKind kind) {
    return switch (kind) {
      case INBOUND -> 0;
      case ENDPOINT_SLICE -> 1;
      case CLUSTER -> 2;
      case VIRTUAL_HOST, RESOURCE_KIND_UNSPECIFIED, UNRECOGNIZED -> 3;
    };
  }
}
