package dev.weft.controlplane.snapshot;

import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.compile.Compiled;
import dev.weft.controlplane.compile.Compiler;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.registry.RegistryChange;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The newest good encoding of every resource that somebody asks for. Not safe for threads: owned by
 * the discovery engine's; {@link #encodings} may be read by any.
 */
public final class ResourceTable {
  private static final System.Logger LOG = System.getLogger(ResourceTable.class.getName());

  private final Compiler compiler;
  private final Map<ResourceKey, Slot> slots = new HashMap<>();
  private final Map<ResourceKey, ResourceProblem> problems = new HashMap<>();
  private final AtomicLong encodings = new AtomicLong();
  private long revision;
  private boolean loaded;

  public ResourceTable(Compiler compiler) {
    this.compiler = compiler;
  }

  /** One that changed, with what it was; null: there was no good one before. */
  public record Update(EncodedResource now, @Nullable EncodedResource before) {}

  private static final class Slot {
    @Nullable EncodedResource current;
  }

  /** How many resources were encoded so far. */
  public long encodings() {
    return encodings.get();
  }

  /** The store's revision of the newest view that was taken over; 0 before the first. */
  public long revision() {
    return revision;
  }

  /** Whether there is a view: without one nothing can be said, not even that a name is unknown. */
  public boolean loaded() {
    return loaded;
  }

  /** What is not sent because it is invalid. */
  public Collection<ResourceProblem> problems() {
    return List.copyOf(problems.values());
  }

  /**
   * The newest good encoding, compiled on the first request.
   *
   * @return null when there is none
   */
  public @Nullable EncodedResource get(ResourceKey key) {
    Slot slot = slots.get(key);
    if (slot == null) {
      slot = new Slot();
      slots.put(key, slot);
      compile(key, slot);
    }
    return slot.current;
  }

  /** The newest good encoding of what somebody has asked for; null when there is none. */
  public @Nullable EncodedResource known(ResourceKey key) {
    Slot slot = slots.get(key);
    return slot == null ? null : slot.current;
  }

  /** Why the newest content of a resource is not sent; null: it is. */
  public @Nullable ResourceProblem problem(ResourceKey key) {
    return problems.get(key);
  }

  /** Compiles anew what the change has touched, and returns what differs. */
  public List<Update> update(RegistryChange change) {
    revision = change.view().revision();
    loaded = true;
    var updates = new ArrayList<Update>();
    for (ResourceKey key : compiler.update(change)) {
      Slot slot = slots.get(key);
      if (slot != null) {
        EncodedResource before = slot.current;
        compile(key, slot);
        EncodedResource now = slot.current;
        if (now != null && now != before) {
          updates.add(new Update(now, before));
        }
      }
    }
    return updates;
  }

  public int problemCount() {
    return problems.size();
  }

  /** Nobody asks for it any more. */
  public void forget(ResourceKey key) {
    if (slots.remove(key) != null) {
      problems.remove(key);
      compiler.forget(key);
    }
  }

  private void compile(ResourceKey key, Slot slot) {
    try {
      compileChecked(key, slot);
    } catch (RuntimeException e) {
      // A mistake in here must not keep anything else from being sent.
      LOG.log(Level.ERROR, "compiling " + key + " failed", e);
      report(
          new ResourceProblem(key, "", "could not be compiled: " + e, revision, List.of()),
          slot.current);
    }
  }

  private void compileChecked(ResourceKey key, Slot slot) {
    Compiled compiled = compiler.compile(key);
    if (compiled == null) {
      // What it describes is gone. Until nothing refers to it any more, the last good one stays.
      problems.remove(key);
      return;
    }
    EncodedResource encoded = EncodedResource.encode(compiled);
    encodings.incrementAndGet();
    EncodedResource before = slot.current;
    if (before != null && before.version().equals(encoded.version())) {
      problems.remove(key);
      return;
    }
    try {
      WireDecoder.decode(compiled.resource().toBuilder().setVersion(encoded.version()).build());
      problems.remove(key);
      slot.current = encoded;
    } catch (WireException e) {
      report(
          new ResourceProblem(
              key,
              e.fieldPath(),
              "is " + e.value() + ", expected " + e.expected(),
              revision,
              List.copyOf(encoded.documents())),
          before);
    }
  }

  private void report(ResourceProblem problem, @Nullable EncodedResource before) {
    problems.put(problem.key(), problem);
    LOG.log(
        Level.WARNING,
        "{0} compiled at revision {1} is invalid and is not sent; {2}. Field {3} {4}",
        problem.key(),
        problem.revision(),
        before == null ? "there is no earlier one" : "version " + before.version() + " stays",
        problem.fieldPath(),
        problem.message());
  }
}
