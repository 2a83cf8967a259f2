package dev.weft.controlplane.registry.history;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.history.PastState.Absent;
import dev.weft.controlplane.registry.history.PastState.Present;
import dev.weft.controlplane.registry.history.PastState.Unknown;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.proto.policy.v1.FormerPolicy;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The documents of a scope with all that is kept of what they were, as of one revision. Read from
 * the store itself, so that whatever was acknowledged, by whichever replica, is in it. Immutable.
 */
public final class DocumentHistory {
  /** Where a name is claimed by several, the first owns it. */
  private static final List<String> OWNERS =
      List.of(Keyspace.KUBERNETES, Keyspace.APPLY, Keyspace.SELF);

  private final long revision;
  private final long forgotten;

  /** By kind, namespace and name; then by source. */
  private final Map<String, Map<String, List<Version>>> timelines = new TreeMap<>();

  private final Map<String, PolicyKey> keys = new LinkedHashMap<>();

  private DocumentHistory(long revision, long forgotten) {
    this.revision = revision;
    this.forgotten = forgotten;
  }

  /** Reads what there is of a scope. */
  public static CompletableFuture<DocumentHistory> read(Store store, Scope scope) {
    return store
        .range(Keyspace.POLICY_PREFIX)
        .thenCompose(
            now ->
                store
                    .rangeAt(scope.formerPrefix(), now.revision())
                    .thenCombine(
                        store.rangeAt(Keyspace.FORGOTTEN, now.revision()),
                        (former, forgotten) -> of(now, former, forgottenUpTo(forgotten), scope)));
  }

  private static long forgottenUpTo(Range range) {
    return range.entries().isEmpty()
        ? 0
        : Long.parseLong(range.entries().getFirst().value().toStringUtf8());
  }

  /**
   * What two ranges of the same revision hold: the documents, and their former versions.
   *
   * @param forgotten the revision up to which what was deleted may be forgotten
   */
  static DocumentHistory of(Range now, Range former, long forgotten, Scope scope) {
    var history = new DocumentHistory(now.revision(), forgotten);
    for (Entry entry : now.entries()) {
      Version version = current(entry);
      if (version != null && scope.contains(version.policy().getKey())) {
        history.add(version);
      }
    }
    for (Entry entry : former.entries()) {
      Version version = former(entry);
      if (version != null && scope.contains(version.policy().getKey())) {
        history.add(version);
      }
    }
    history
        .timelines
        .values()
        .forEach(
            bySource ->
                bySource
                    .values()
                    .forEach(versions -> versions.sort(Comparator.comparingLong(Version::since))));
    return history;
  }

  /** The store's revision that it shows. */
  public long revision() {
    return revision;
  }

  /** The documents that are there, or of which something is kept; by kind, namespace and name. */
  public Collection<PolicyKey> keys() {
    return timelines.keySet().stream().map(keys::get).toList();
  }

  /** Up to which revision documents that were deleted may be forgotten; 0: none are. */
  public long forgotten() {
    return forgotten;
  }

  /** Every version that is kept, the newest first. */
  public List<Version> versions() {
    List<Version> all = new ArrayList<>();
    timelines.values().forEach(bySource -> bySource.values().forEach(all::addAll));
    all.sort(Comparator.comparingLong(Version::since).reversed());
    return all;
  }

  /** What a document was at a revision that is not of the future. */
  public PastState at(PolicyKey key, long when) {
    Map<String, List<Version>> bySource = timelines.getOrDefault(name(key), Map.of());
    for (String source : OWNERS) {
      List<Version> versions = bySource.get(source);
      PastState state = versions == null ? new Absent() : at(versions, when);
      if (!(state instanceof Absent)) {
        return state;
      }
    }
    return new Absent();
  }

  private PastState at(List<Version> versions, long when) {
    Version before = null;
    for (Version version : versions) {
      if (version.coversRevision(when)) {
        return version.omittedBytes() == 0
            ? new Present(version)
            : new Unknown(
                "the document was "
                    + version.omittedBytes()
                    + " bytes long, too large to be kept (at most "
                    + FormerVersions.MAX_BYTES
                    + ")");
      }
      if (version.since() > when) {
        return version.first() ? absent(before, when) : unknownBefore(version);
      }
      before = version;
    }
    if (before == null || before.deletion() != null) {
      return absent(before, when);
    }
    return new Unknown("what came after revision " + before.until() + " of it was not kept");
  }

  /** Unless it was there, and was deleted so long ago that this is forgotten. */
  private PastState absent(@Nullable Version before, long when) {
    return before == null && when < forgotten
        ? new Unknown("what was deleted up to revision " + forgotten + " may be forgotten")
        : new Absent();
  }

  private static Unknown unknownBefore(Version version) {
    return new Unknown("what is known of it begins at revision " + version.since());
  }

  private void add(Version version) {
    PolicyKey key = version.policy().getKey();
    keys.put(name(key), key);
    timelines
        .computeIfAbsent(name(key), _ -> new TreeMap<>())
        .computeIfAbsent(version.policy().getSource(), _ -> new ArrayList<>())
        .add(version);
  }

  private static String name(PolicyKey key) {
    return key.getKind() + '/' + key.getNamespace() + '/' + key.getName();
  }

  /** Null for what the registry does not use either. */
  private static @Nullable Version current(Entry entry) {
    String[] parts = entry.key().split("/", -1);
    if (parts.length != 5) {
      return null;
    }
    try {
      return Version.current(
          Policy.parseFrom(entry.value()).toBuilder()
              .setKey(
                  PolicyKey.newBuilder().setKind(parts[2]).setNamespace(parts[3]).setName(parts[4]))
              .setSource(parts[1])
              .setRevision(entry.modRevision())
              .build());
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  /** Null for what cannot be read; the registry says so. */
  private static @Nullable Version former(Entry entry) {
    try {
      FormerPolicy former = FormerPolicy.parseFrom(entry.value());
      return new Version(
          former.getPolicy(),
          entry.modRevision(),
          former.getEndedAtMillis(),
          former.hasDeletion() ? former.getDeletion() : null,
          former.getOmittedBytes());
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
