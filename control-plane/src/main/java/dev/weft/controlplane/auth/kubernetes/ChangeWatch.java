package dev.weft.controlplane.auth.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Watchable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells that objects have changed, without saying which: for whoever looks every now and then
 * anyway, and wants to look at once. A watch that has ended is begun again by the next look. Safe
 * from any thread; the listener is called on the client's.
 */
public final class ChangeWatch<T> implements AutoCloseable {
  private final Watchable<T> objects;
  private final Runnable changed;
  private final AtomicReference<@Nullable AutoCloseable> open = new AtomicReference<>();

  /**
   * @param changed must not block
   */
  public ChangeWatch(Watchable<T> objects, Runnable changed) {
    this.objects = objects;
    this.changed = changed;
  }

  /**
   * Begins to watch, unless it does.
   *
   * @throws KubernetesClientException if the API server does not let it, or is not reached
   */
  public void keep() {
    if (open.get() != null) {
      return;
    }
    var ended = new AtomicBoolean();
    AutoCloseable begun =
        objects.watch(
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, T object) {
                changed.run();
              }

              @Override
              public void onClose(WatcherException cause) {
                ended.set(true);
                open.set(null);
              }
            });
    open.set(begun);
    if (ended.get()) {
      open.compareAndSet(begun, null);
    }
  }

  @Override
  public void close() {
    AutoCloseable last = open.getAndSet(null);
    try {
      if (last != null) {
        last.close();
      }
    } catch (Exception e) {
      // It is over either way.
    }
  }
}
