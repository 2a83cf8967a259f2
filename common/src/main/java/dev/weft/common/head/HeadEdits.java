package dev.weft.common.head;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is to differ between a head as it was received and as it is sent: the encoder applies it,
 * nobody edits a {@link HeadView}. Immutable; compiled once per route and backend. Names are lower
 * case.
 */
public record HeadEdits(List<Line> set, List<Line> add, List<byte[]> remove) {
  public static final HeadEdits NONE = new HeadEdits(List.of(), List.of(), List.of());

  public HeadEdits {
    set = List.copyOf(set);
    add = List.copyOf(add);
    remove = List.copyOf(remove);
  }

  public boolean isEmpty() {
    return set.isEmpty() && add.isEmpty() && remove.isEmpty();
  }

  /** Whether received lines of a name, in lower case, are left out or replaced. */
  public boolean takesAway(byte[] name) {
    for (Line line : set) {
      if (Arrays.equals(line.name(), name)) {
        return true;
      }
    }
    for (byte[] removed : remove) {
      if (Arrays.equals(removed, name)) {
        return true;
      }
    }
    return false;
  }

  /** These edits and then others, as one: what the others say of a name holds. */
  public HeadEdits then(HeadEdits later) {
    if (later.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return later;
    }
    var names = new ArrayList<>(later.remove);
    later.set.forEach(line -> names.add(line.name()));
    var bothSet = new ArrayList<>(without(set, names));
    bothSet.addAll(later.set);
    var bothAdd = new ArrayList<>(without(add, names));
    bothAdd.addAll(later.add);
    var bothRemove = new ArrayList<>(remove);
    bothRemove.addAll(later.remove);
    return new HeadEdits(bothSet, bothAdd, bothRemove);
  }

  private static List<Line> without(List<Line> lines, List<byte[]> names) {
    return lines.stream()
        .filter(line -> names.stream().noneMatch(name -> Arrays.equals(name, line.name())))
        .toList();
  }

  /** One header line as bytes; the arrays are not to be changed. */
  public record Line(byte[] name, byte[] value) {
    public static Line of(String lowerCaseName, String value) {
      return new Line(
          lowerCaseName.getBytes(StandardCharsets.US_ASCII),
          value.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public String toString() {
      return new String(name, StandardCharsets.US_ASCII)
          + ": "
          + new String(value, StandardCharsets.ISO_8859_1);
    }
  }
}
