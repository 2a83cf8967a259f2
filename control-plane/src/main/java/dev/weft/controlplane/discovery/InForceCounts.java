package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.inforce.InForce;
import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.controlplane.snapshot.ResourceProblem;
import dev.weft.controlplane.snapshot.ResourceTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts, for each document, the sidecars whose configuration it is in, and those that have its
 * newest version in force: by the resources that were made of it. A sidecar that has nothing yet of
 * such a resource counts when it has answered, or has taken too long. Counts anew only what was
 * touched, and takes no more than a twentieth of the engine's time. Costs nothing before the first
 * question. Owned by the engine thread.
 */
final class InForceCounts {
  /**
   * How long a sidecar that has nothing yet of what it wants may take to be told of it. It goes by
   * nothing older meanwhile: its requests wait.
   */
  static final Duration TELLING = Duration.ofSeconds(5);

  private static final int SHARE = 20;

  private final ResourceTable table;
  private final Watchers watchers;
  private final EngineLoop loop;

  /** The resources that are, or in some sidecar still are, made of a document. */
  private final Map<Document, Set<ResourceKey>> resources = new HashMap<>();

  private final Map<Document, Standing> counted = new HashMap<>();

  /** Of each document, since when sidecars are being told that have nothing yet. */
  private final Map<Document, Telling> telling = new HashMap<>();

  private final Set<Document> touched = new LinkedHashSet<>();
  private Set<Document> broken = Set.of();
  private boolean asked;
  private InForce last = InForce.UNKNOWN;
  private long notBeforeNanos;

  /**
   * @param since the sidecars, those that take too long included
   * @param next when the first of the others takes too long; null: there is none
   */
  private record Telling(Map<NodeStream, Long> since, @Nullable Long next) {
    boolean isDue(long nanos) {
      return next != null && nanos - next >= 0;
    }
  }

  InForceCounts(ResourceTable table, Watchers watchers, EngineLoop loop) {
    this.table = table;
    this.watchers = watchers;
    this.loop = loop;
  }

  /** A sidecar has come to want it, does not want it any more, or has answered. */
  void touched(ResourceKey key) {
    EncodedResource current = asked ? table.known(key) : null;
    if (current != null) {
      touched(current);
    }
  }

  /** It has other content. */
  void changed(ResourceTable.Update update) {
    if (asked) {
      touched(update.now());
      EncodedResource before = update.before();
      if (before != null) {
        touched(before);
      }
    }
  }

  /** A view was compiled: what could not be is nowhere in force. */
  void compiled() {
    if (!asked || (table.problemCount() == 0 && broken.isEmpty())) {
      return;
    }
    var now = new HashSet<Document>();
    for (ResourceProblem problem : table.problems()) {
      for (Document document : problem.documents()) {
        now.add(document);
        of(document).add(problem.key());
      }
    }
    touched.addAll(now);
    touched.addAll(broken);
    broken = now;
  }

  /** Nothing that was counted is worth anything. */
  void restart() {
    if (asked) {
      touched.addAll(resources.keySet());
      watchers.wanted().forEach(this::touched);
    }
  }

  /** How every document stands. */
  InForce count() {
    if (!table.loaded()) {
      return InForce.UNKNOWN;
    }
    long begin = loop.nanoTime();
    if (!asked) {
      asked = true;
      notBeforeNanos = begin;
      restart();
      compiled();
    }
    telling.forEach(
        (document, being) -> {
          if (being.isDue(begin)) {
            touched.add(document);
          }
        });
    if (touched.isEmpty()) {
      last = new InForce(table.revision(), last.documents());
    } else if (begin - notBeforeNanos >= 0) {
      touched.forEach(document -> count(document, begin));
      touched.clear();
      last = new InForce(table.revision(), counted);
      long end = loop.nanoTime();
      notBeforeNanos = end + SHARE * (end - begin);
    }
    return last;
  }

  private void touched(EncodedResource resource) {
    for (Document document : resource.documents()) {
      of(document).add(resource.key());
      touched.add(document);
    }
  }

  private Set<ResourceKey> of(Document document) {
    return resources.computeIfAbsent(document, _ -> new LinkedHashSet<>());
  }

  private void count(Document document, long nanos) {
    Set<ResourceKey> keys = resources.getOrDefault(document, Set.of());
    var tally = new Tally(document, nanos);
    for (ResourceKey key : List.copyOf(keys)) {
      if (!tally.add(key)) {
        keys.remove(key);
      }
    }
    if (keys.isEmpty()) {
      resources.remove(document);
    }
    if (tally.being.isEmpty()) {
      telling.remove(document);
    } else {
      telling.put(document, new Telling(tally.being, tally.next));
    }
    if (tally.needing.isEmpty()) {
      counted.remove(document);
    } else {
      counted.put(document, tally.standing());
    }
  }

  /** Of one document; a sidecar may have several resources of it. */
  private final class Tally {
    final Set<NodeStream> needing = new HashSet<>();
    final Map<NodeStream, Long> being = new HashMap<>();
    private final Document document;
    private final long nanos;
    private final Map<NodeStream, Long> before;
    private final Set<NodeStream> without = new HashSet<>();
    private final Set<NodeStream> refusing = new HashSet<>();
    private String refusal = "";
    @Nullable Long next;

    Tally(Document document, long nanos) {
      this.document = document;
      this.nanos = nanos;
      Telling known = telling.get(document);
      before = known == null ? Map.of() : known.since();
    }

    /** False: that resource has nothing to do with it any more. */
    boolean add(ResourceKey key) {
      EncodedResource current = table.known(key);
      ResourceProblem problem = table.problem(key);
      boolean unsent = problem != null && problem.documents().contains(document);
      Long revision = current == null ? null : current.revisionOf(document);
      boolean made = unsent || revision != null;
      boolean relevant = made;
      for (NodeStream stream : watchers.of(key)) {
        boolean has = current != null && stream.holdings().has(current);
        // Who still has what was made of an older version of it counts until it has let go.
        if (!stream.begun() || (!made && (has || !stream.holdings().mayBeMadeOf(document, key)))) {
          continue;
        }
        relevant = true;
        if (unsent && problem != null) {
          refuse(stream, "not sent, because " + sentence(problem));
        } else if (current != null && stream.holdings().refuses(current)) {
          refuse(stream, stream.refusalOf(current));
        } else if (!has && !stream.holdings().has(key)) {
          tell(stream);
        } else {
          needing.add(stream);
          // What was made anew for another reason says of this one what it said before.
          if (!has
              && (revision == null || !revision.equals(stream.holdings().madeOf(document, key)))) {
            without.add(stream);
          }
        }
      }
      return relevant;
    }

    private void tell(NodeStream stream) {
      long since = before.getOrDefault(stream, nanos);
      being.put(stream, since);
      long end = since + TELLING.toNanos();
      if (nanos - end >= 0) {
        needing.add(stream);
        without.add(stream);
      } else if (next == null || end - next < 0) {
        next = end;
      }
    }

    private void refuse(NodeStream stream, String why) {
      needing.add(stream);
      refusing.add(stream);
      if (refusal.isEmpty()) {
        refusal = stream.node().getId() + ": " + why;
      }
    }

    Standing standing() {
      without.removeAll(refusing);
      int have = needing.size() - without.size() - refusing.size();
      return new Standing(needing.size(), have, refusing.size(), refusal, 0);
    }
  }

  private static String sentence(ResourceProblem problem) {
    return problem.key() + " " + problem.fieldPath() + " " + problem.message();
  }
}
