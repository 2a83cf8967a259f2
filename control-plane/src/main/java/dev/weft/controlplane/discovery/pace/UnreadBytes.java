package dev.weft.controlplane.discovery.pace;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * What lies in memory because those that it was sent to do not read: bounded for all of them
 * together. While it is at its bound, further responses wait. Owned by the engine thread.
 *
 * @param <S> a stream
 */
public final class UnreadBytes<S> {
  private final long most;

  /** Who has not read for longest is first. */
  private final Map<S, Integer> unread = new LinkedHashMap<>();

  private final SequencedSet<S> heldBack = new LinkedHashSet<>();
  private long total;

  /**
   * @param most bytes of all streams together
   */
  public UnreadBytes(long most) {
    this.most = most;
  }

  /** So much of what a stream was sent has not been read now. */
  public void set(S stream, int bytes) {
    Integer before = bytes == 0 ? unread.remove(stream) : unread.put(stream, bytes);
    total += bytes - (before == null ? 0 : before);
  }

  /** A stream is no more. */
  public void forget(S stream) {
    set(stream, 0);
    heldBack.remove(stream);
  }

  /** Whether nothing further may be sent. */
  public boolean full() {
    return total >= most;
  }

  /** All of it, in bytes. */
  public long total() {
    return total;
  }

  /** Who has not read for longest; null: everybody has. */
  public @Nullable S oldest() {
    return unread.isEmpty() ? null : unread.keySet().iterator().next();
  }

  /** A stream is to be sent something, but has to wait. */
  public void holdBack(S stream) {
    heldBack.add(stream);
  }

  /** Takes the one that has waited longest; null: there is none, or it still has to. */
  public @Nullable S released() {
    return full() || heldBack.isEmpty() ? null : heldBack.removeFirst();
  }
}
