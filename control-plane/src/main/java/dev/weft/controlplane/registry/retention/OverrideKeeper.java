package dev.weft.controlplane.registry.retention;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.registry.v1.StoredOverride;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Drops overrides that mean nothing any more: those that were lifted, after a while in which they
 * say who did so, and those of instances that have been gone for long. One replica does.
 *
 * <p>{@link #tick} is to be called every now and then, by one thread; never blocks.
 */
public final class OverrideKeeper {
  /** How long it is known who lifted one. */
  public static final Duration LIFTED = Duration.ofDays(7);

  /** How old an override gets whose instance is not there. */
  public static final Duration GONE = Duration.ofDays(30);

  private static final long EVERY_MILLIS = Duration.ofMinutes(1).toMillis();
  private static final int AT_ONCE = 50;
  private static final System.Logger LOG = System.getLogger(OverrideKeeper.class.getName());

  private final Store store;
  private final Registry registry;
  private final BooleanSupplier leading;
  private final LongSupplier utcMillis;
  private long lookedMillis = Long.MIN_VALUE;

  /**
   * @param leading whether this replica is the one that drops
   * @param utcMillis the clock by which overrides are stamped, in milliseconds since 1970
   */
  public OverrideKeeper(
      Store store, Registry registry, BooleanSupplier leading, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.leading = leading;
    this.utcMillis = utcMillis;
  }

  /** Looks, once a minute, and drops. */
  public void tick() {
    long now = utcMillis.getAsLong();
    if (!leading.getAsBoolean()
        || !registry.status().synced()
        || now < lookedMillis + EVERY_MILLIS) {
      return;
    }
    lookedMillis = now;
    RegistryView view = registry.current();
    List<StoredOverride> meaningless = new ArrayList<>();
    for (StoredOverride override : view.overrides()) {
      long age = now - override.getAtMillis();
      boolean lifted = !override.getDrained() && override.getWeight() == 0;
      boolean gone =
          override.getZone().isEmpty()
              && view.workload(override.getNamespace(), override.getId()) == null;
      if ((lifted && age > LIFTED.toMillis()) || (gone && age > GONE.toMillis())) {
        meaningless.add(override);
      }
    }
    meaningless.stream().limit(AT_ONCE).forEach(this::drop);
  }

  private void drop(StoredOverride override) {
    String key =
        override.getZone().isEmpty()
            ? Keyspace.instanceOverride(override.getNamespace(), override.getId())
            : Keyspace.zoneOverride(override.getZone());
    store
        .commit(Txn.builder().ifModRevision(key, override.getRevision()).delete(key).build())
        .whenComplete(
            (result, failure) -> {
              if (failure != null) {
                LOG.log(Level.DEBUG, "{0} was not dropped yet: {1}", key, failure.toString());
              }
            });
  }
}
