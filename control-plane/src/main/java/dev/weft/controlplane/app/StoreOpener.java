package dev.weft.controlplane.app;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens the store, again and again while it cannot be reached. Runs on the thread that calls {@link
 * #open}; {@link #stop} may come from another.
 */
final class StoreOpener {
  private static final System.Logger LOG = System.getLogger(StoreOpener.class.getName());
  private static final long MIN_RETRY_MILLIS = 200;
  private static final long MAX_RETRY_MILLIS = 5_000;

  private final MeterRegistry meters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopping = lock.newCondition();
  private boolean stopped;

  StoreOpener(MeterRegistry meters) {
    this.meters = meters;
  }

  /**
   * Blocks until the store is open.
   *
   * @param reason is told why it is not open yet
   * @return null if stopped before
   * @throws StoreFailedException if it never will open like this
   */
  @Nullable Store open(StoreOptions options, Consumer<String> reason) {
    long retryMillis = MIN_RETRY_MILLIS;
    while (true) {
      try {
        return switch (options) {
          case StoreOptions.Embedded(var directory) -> EmbeddedStore.open(directory);
          case StoreOptions.Etcd etcd -> metered(EtcdStore.open(etcd.options()));
        };
      } catch (StoreUnavailableException e) {
        String why = String.valueOf(e.getMessage());
        reason.accept(why);
        LOG.log(Level.WARNING, "the store cannot be reached, trying again: {0}", why);
      }
      long jittered = retryMillis / 2 + ThreadLocalRandom.current().nextLong(retryMillis / 2 + 1);
      retryMillis = Math.min(MAX_RETRY_MILLIS, retryMillis * 2);
      if (pause(jittered)) {
        return null;
      }
    }
  }

  /** Makes {@link #open} give up. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      stopping.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private Store metered(EtcdStore store) {
    if (store.certificateNotAfter() != null) {
      Gauge.builder("weft.etcd.certificate.expiration", store, StoreOpener::expiration)
          .baseUnit("seconds")
          .description("When the certificate that etcd is shown expires, since 1970")
          .register(meters);
    }
    return store;
  }

  private static double expiration(EtcdStore store) {
    Instant notAfter = store.certificateNotAfter();
    return notAfter == null ? Double.NaN : notAfter.getEpochSecond();
  }

  private boolean pause(long millis) {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (!stopped && left > 0) {
        left = stopping.awaitNanos(left);
      }
      return stopped;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    } finally {
      lock.unlock();
    }
  }
}
