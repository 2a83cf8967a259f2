package dev.weft.controlplane.registry.store.embedded;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where history stands and how far each watch has read it: wakes watches, and keeps compaction from
 * taking rows away that one still has to read. Safe from any thread.
 */
final class Watches {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<EmbeddedWatch> open = new HashSet<>();
  private long revision;
  private long compacted;

  /** What {@link #register} found. */
  enum Start {
    READY,
    COMPACTED,
    AHEAD
  }

  Start register(EmbeddedWatch watch, long fromRevision) {
    lock.lock();
    try {
      if (fromRevision <= compacted) {
        return Start.COMPACTED;
      }
      if (fromRevision > revision + 1) {
        return Start.AHEAD;
      }
      watch.next = fromRevision;
      open.add(watch);
      return Start.READY;
    } finally {
      lock.unlock();
    }
  }

  void remove(EmbeddedWatch watch) {
    lock.lock();
    try {
      open.remove(watch);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is something to read; returns the newest revision, or 0 if the watch was
   * removed.
   */
  long await(EmbeddedWatch watch) {
    lock.lock();
    try {
      while (open.contains(watch)) {
        if (revision >= watch.next) {
          return revision;
        }
        changed.awaitUninterruptibly();
      }
      return 0;
    } finally {
      lock.unlock();
    }
  }

  void read(EmbeddedWatch watch, long upTo) {
    lock.lock();
    try {
      watch.next = upTo + 1;
    } finally {
      lock.unlock();
    }
  }

  void advance(long newRevision) {
    lock.lock();
    try {
      revision = newRevision;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  long compacted() {
    lock.lock();
    try {
      return compacted;
    } finally {
      lock.unlock();
    }
  }

  /** History up to here is forgotten for newcomers; returns up to where nobody reads any more. */
  long compact(long upTo) {
    lock.lock();
    try {
      compacted = Math.max(compacted, upTo);
      long free = compacted;
      for (EmbeddedWatch watch : open) {
        free = Math.min(free, watch.next - 1);
      }
      return free;
    } finally {
      lock.unlock();
    }
  }

  void removeAll() {
    lock.lock();
    try {
      open.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean contains(EmbeddedWatch watch) {
    lock.lock();
    try {
      return open.contains(watch);
    } finally {
      lock.unlock();
    }
  }
}
