package dev.weft.common.head;

import java.nio.charset.StandardCharsets;
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
