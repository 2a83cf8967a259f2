package dev.weft.sidecar.codec.http2.head;

import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;

/** Keeps trailers that have to wait for the body in front of them. */
public final class Trailers {
  private Trailers() {}

  public static HeadView copy(HeadView from) {
    int count = from.headerCount();
    int size = 0;
    for (int i = 0; i < count; i++) {
      size += from.nameEnd(i) - from.nameStart(i) + from.valueEnd(i) - from.valueStart(i);
    }
    ByteBuffer slab = ByteBuffer.allocate(size);
    var filler = new HeadView.Filler();
    filler.begin(slab);
    int at = 0;
    for (int i = 0; i < count; i++) {
      int name = from.nameEnd(i) - from.nameStart(i);
      int value = from.valueEnd(i) - from.valueStart(i);
      slab.put(at, from.slab(), from.nameStart(i), name);
      slab.put(at + name, from.slab(), from.valueStart(i), value);
      filler.header(at, at + name, at + name, at + name + value);
      at += name + value;
    }
    return filler.view();
  }
}
