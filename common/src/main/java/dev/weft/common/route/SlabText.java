package dev.weft.common.route;

import dev.weft.common.head.Ascii;
import java.nio.ByteBuffer;

/** A range of a slab as characters, for a regular expression: a view, not a copy. */
record SlabText(ByteBuffer slab, int start, int end) implements CharSequence {
  @Override
  public int length() {
    return end - start;
  }

  @Override
  public char charAt(int index) {
    return (char) (slab.get(start + index) & 0xff);
  }

  @Override
  public CharSequence subSequence(int from, int to) {
    return new SlabText(slab, start + from, start + to);
  }

  @Override
  public String toString() {
    return Ascii.string(slab, start, end);
  }
}
