package dev.weft.sidecar.cluster;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Plain counters with one writing thread; any thread may read. */
@SuppressWarnings("EnumOrdinal") // an index into memory, never stored or sent
final class Counters {
  private static final int SIZE = Stat.values().length;
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] values = new long[SIZE];

  void add(Stat stat) {
    values[stat.ordinal()]++;
  }

  long read(Stat stat) {
    return (long) ELEMENT.getOpaque(values, stat.ordinal());
  }
}
