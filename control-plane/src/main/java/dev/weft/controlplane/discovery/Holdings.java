package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one sidecar has, as far as its stream knows. Owned by the engine thread. */
final class Holdings {
  /** Make before break: what is referred to goes before what refers to it. */
  static final Comparator<ResourceKey> NEEDED_FIRST =
      Comparator.comparingInt(key -> rank(key.kind()));

  /** Bounds a response that removes; what is left follows in the next one. */
  private static final int MOST_REMOVED = PeerLimit.REMOVALS.intValue();

  /** A version that nothing has: it is there, and is to be sent anew. */
  private static final String UNKNOWN = "";

  private final Map<ResourceKey, Holding> holdings = new HashMap<>();

  private static int rank(ResourceKind kind) {
    return switch (kind) {
      case INBOUND, NODE, APP_CONFIG -> 0;
      case ENDPOINT_SLICE -> 1;
      case CLUSTER -> 2;
      case VIRTUAL_HOST, RESOURCE_KIND_UNSPECIFIED, UNRECOGNIZED -> 3;
    };
  }

  /** What it brought along from an earlier stream. */
  void bring(Collection<HeldResource> held) {
    for (HeldResource one : held) {
      of(ResourceKey.of(one.getResource())).version = one.getVersion();
    }
  }

  /** The holding of that key, which comes to be if there is none. */
  Holding of(ResourceKey key) {
    return holdings.computeIfAbsent(key, _ -> new Holding());
  }

  @Nullable Holding get(ResourceKey key) {
    return holdings.get(key);
  }

  boolean contains(ResourceKey key) {
    return holdings.containsKey(key);
  }

  boolean isEmpty() {
    return holdings.isEmpty();
  }

  Set<ResourceKey> keys() {
    return Set.copyOf(holdings.keySet());
  }

  void remove(ResourceKey key) {
    holdings.remove(key);
  }

  /** Whether the sidecar has some version of it. */
  boolean has(ResourceKey key) {
    Holding holding = holdings.get(key);
    return holding != null && holding.version != null;
  }

  /** What it has in force of it; null: nothing, or it is not known. */
  @Nullable EncodedResource content(ResourceKey key) {
    Holding holding = holdings.get(key);
    return holding == null || UNKNOWN.equals(holding.version) ? null : holding.content;
  }

  /** Whether it has exactly this in force. */
  boolean has(EncodedResource resource) {
    Holding holding = holdings.get(resource.key());
    return holding != null && resource.version().equals(holding.version);
  }

  /** Whether it has refused exactly this. */
  boolean refuses(EncodedResource resource) {
    Holding holding = holdings.get(resource.key());
    return holding != null && resource.version().equals(holding.refused);
  }

  /** Whether what it has in force was made of that document, or may have been. */
  boolean mayBeMadeOf(Document document, ResourceKey key) {
    EncodedResource known = content(key);
    return has(key) && (known == null || known.revisionOf(document) != null);
  }

  /** Of which revision of the document what it has in force was made; null: of none, or unknown. */
  @Nullable Long madeOf(Document document, ResourceKey key) {
    EncodedResource known = content(key);
    return known == null ? null : known.revisionOf(document);
  }

  /** How many resources it has. */
  int count() {
    return (int) holdings.values().stream().filter(holding -> holding.version != null).count();
  }

  /** What it has in force, as far as the content is known. */
  List<EncodedResource> contents() {
    return holdings.values().stream()
        .map(holding -> holding.content)
        .filter(Objects::nonNull)
        .sorted(
            Comparator.comparing(
                EncodedResource::key, NEEDED_FIRST.thenComparing(ResourceKey::name)))
        .toList();
  }

  /** It may not have this one any more, or not as it was called. */
  void doubt(ResourceKey key) {
    Holding holding = holdings.get(key);
    if (holding != null && holding.version != null) {
      holding.version = UNKNOWN;
    }
  }

  /** What was called so in another store says nothing in this one. */
  void doubtAll() {
    for (Map.Entry<ResourceKey, Holding> entry : holdings.entrySet()) {
      doubt(entry.getKey());
      entry.getValue().refused = null;
    }
  }

  /** What nothing needs any more, neither here nor as the sidecar has it in force. */
  List<ResourceKey> removable(Closure closure) {
    var removable = new ArrayList<ResourceKey>();
    for (Map.Entry<ResourceKey, Holding> entry : holdings.entrySet()) {
      boolean stays = closure.wants(entry.getKey());
      if (stays
          && entry.getValue().unknownContent()
          && entry.getKey().kind() != ResourceKind.ENDPOINT_SLICE) {
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

  /** Whether something was refused that was owed at that revision. */
  boolean refusedOf(long revision) {
    return holdings.values().stream()
        .anyMatch(
            one ->
                one.refused != null
                    && one.refusedOwedSince <= revision
                    && revision <= one.refusedAt);
  }

  /** Whether it refuses something that is current. */
  boolean refuses() {
    return holdings.values().stream().anyMatch(holding -> holding.refused != null);
  }

  /** The first revision of which something is refused; {@link Closure#NEVER}: nothing is. */
  long refusedSince() {
    long since = Closure.NEVER;
    for (Holding holding : holdings.values()) {
      since = holding.refused == null ? since : Math.min(since, holding.refusedOwedSince);
    }
    return since;
  }
}
