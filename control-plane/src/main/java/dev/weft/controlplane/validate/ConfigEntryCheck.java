package dev.weft.controlplane.validate;

import dev.weft.common.wire.ConfigSyntax;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.PolicyObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rules between configuration entries: one value of a key for the same instances, and limits
 * for all of one level together. Each level has its own, so that an entry for the mesh is never
 * refused because of what some service has.
 */
final class ConfigEntryCheck {
  /** Most entries of the mesh, of a namespace, or of a service. */
  static final int MAX_ENTRIES = 128;

  /** Most bytes of all their values. */
  static final int MAX_BYTES = 256 << 10;

  private ConfigEntryCheck() {}

  static void check(List<Draft> drafts, Inventory inventory) {
    Map<String, List<Draft>> byNamespace = new TreeMap<>();
    for (Draft draft : drafts) {
      if (draft.object() instanceof PolicyObject.OfConfigEntry) {
        byNamespace.computeIfAbsent(draft.namespace(), _ -> new ArrayList<>()).add(draft);
      }
    }
    byNamespace.forEach(
        (namespace, batch) -> checkNamespace(batch, inventory.configEntries(namespace)));
  }

  /** For whom a key has a value. */
  private record Place(ObjectKey level, String key, Map<String, String> labels) {
    static Place of(ConfigEntry entry) {
      return new Place(entry.level(), entry.key(), entry.instanceLabels());
    }
  }

  private static void checkNamespace(List<Draft> batch, Iterable<ConfigEntry> stored) {
    Set<String> replaced = new HashSet<>();
    batch.forEach(draft -> replaced.add(draft.name()));
    Map<Place, String> taken = new HashMap<>();
    Map<ObjectKey, Level> levels = new HashMap<>();
    for (ConfigEntry entry : stored) {
      if (!replaced.contains(entry.meta().name())) {
        taken.putIfAbsent(Place.of(entry), entry.meta().name());
        levels.computeIfAbsent(entry.level(), Level::new).add(entry);
      }
    }
    for (Draft draft : batch) {
      if (draft.object() instanceof PolicyObject.OfConfigEntry(ConfigEntry entry)) {
        String other = taken.putIfAbsent(Place.of(entry), draft.name());
        if (other != null) {
          String expected = "a key without an entry for the same instances";
          draft
              .report()
              .error(
                  draft.at().line(),
                  "spec.key",
                  entry.key(),
                  expected,
                  "is \""
                      + entry.key()
                      + "\", expected "
                      + expected
                      + " (ConfigEntry "
                      + draft.namespace()
                      + "/"
                      + other
                      + " has it; change or delete that one)");
        }
        Level level = levels.computeIfAbsent(entry.level(), Level::new);
        level.add(entry);
        level.complain(draft);
      }
    }
  }

  private static final class Level {
    private final String shown;
    private int entries;
    private int bytes;

    Level(ObjectKey level) {
      shown =
          level.namespace().isEmpty()
              ? "of the whole mesh"
              : level.name().isEmpty()
                  ? "of namespace \"" + level.namespace() + "\""
                  : "of service " + level;
    }

    void add(ConfigEntry entry) {
      entries++;
      bytes += ConfigSyntax.bytes(entry.key()) + ConfigSyntax.bytes(entry.value());
      ConfigEntry.Release release = entry.release();
      bytes += release == null ? 0 : ConfigSyntax.bytes(release.value());
    }

    void complain(Draft draft) {
      if (entries > MAX_ENTRIES) {
        limit(
            draft,
            "metadata.name",
            entries + " entries",
            MAX_ENTRIES + " entries",
            "delete what nothing reads, or put several values into one entry");
      } else if (bytes > MAX_BYTES) {
        limit(
            draft,
            "spec.value",
            bytes + " bytes",
            MAX_BYTES + " bytes",
            "delete what nothing reads, or keep what is large elsewhere, and here where it is");
      }
    }

    private void limit(Draft draft, String path, String would, String most, String advice) {
      String expected = "at most " + most + " of configuration " + shown;
      draft
          .report()
          .error(
              draft.at().line(),
              path,
              would,
              expected,
              "would be "
                  + would
                  + " "
                  + shown
                  + ", expected at most "
                  + most
                  + " together: "
                  + advice);
    }
  }
}
