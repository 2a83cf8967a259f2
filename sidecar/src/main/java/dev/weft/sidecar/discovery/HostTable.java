package dev.weft.sidecar.discovery;

import dev.weft.common.head.Ascii;
import dev.weft.sidecar.proxy.ResolvedHost;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Authorities, in any case, to what they resolve to: open addressing over bytes. Immutable but for
 * the marks of use; shared by all workers.
 */
final class HostTable {
  static final HostTable EMPTY = new HostTable(java.util.List.of());

  private static final VarHandle USED;

  static {
    try {
      USED = MethodHandles.lookup().findVarHandle(Entry.class, "used", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Entry[] slots;
  private final int mask;

  HostTable(Collection<Entry> entries) {
    int size = Math.max(16, Integer.highestOneBit(entries.size()) * 4);
    slots = new Entry[size];
    mask = size - 1;
    for (Entry entry : entries) {
      int at = entry.hash & mask;
      while (slots[at] != null) {
        at = (at + 1) & mask;
      }
      slots[at] = entry;
    }
  }

  /** The host of the authority at [start, end), marked as used; null if it is not held. */
  @Nullable ResolvedHost find(ByteBuffer slab, int start, int end) {
    int at = hash(slab, start, end) & mask;
    for (Entry entry = slots[at]; entry != null; entry = slots[at]) {
      if (Ascii.equalsIgnoreCase(slab, start, end, entry.key)) {
        entry.use();
        return entry.host;
      }
      at = (at + 1) & mask;
    }
    return null;
  }

  private static int hash(ByteBuffer slab, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = hash * 31 + Ascii.lower(slab.get(i));
    }
    return spread(hash);
  }

  private static int spread(int hash) {
    return hash ^ hash >>> 15;
  }

  /** One host. */
  static final class Entry {
    final ResolvedHost host;
    private final byte[] key;
    private final int hash;
    private boolean used;

    /**
     * @param authority lower case
     */
    Entry(String authority, ResolvedHost host) {
      this.host = host;
      this.key = authority.getBytes(StandardCharsets.ISO_8859_1);
      this.hash = HostTable.hash(ByteBuffer.wrap(key), 0, key.length);
    }

    void use() {
      // Looked at first, so that a busy host's cache line is not written by every worker.
      if (!used) {
        USED.setOpaque(this, true);
      }
    }

    /** Control loop: whether a worker has used it since the last time this was asked. */
    boolean takeUsed() {
      boolean was = (boolean) USED.getOpaque(this);
      if (was) {
        USED.setOpaque(this, false);
      }
      return was;
    }
  }
}
