package dev.weft.controlplane.registry.liveness;

import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.liveness.Sessions.Heartbeat;
import dev.weft.controlplane.registry.liveness.Sessions.Session;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a change of readiness that a heartbeat brought to the instance's key; a heartbeat that
 * says what is known already writes nothing. At most one write per instance is under way. Safe from
 * any thread.
 */
final class ReadinessWriter {
  private static final System.Logger LOG = System.getLogger(ReadinessWriter.class.getName());
  private static final Duration CATCH_UP = Duration.ofSeconds(2);

  private final Store store;
  private final Registry registry;
  private final LongSupplier utcMillis;

  /**
   * @param utcMillis the clock that stamps changes, in milliseconds since 1970
   */
  ReadinessWriter(Store store, Registry registry, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.utcMillis = utcMillis;
  }

  void reconcile(Session session) {
    Heartbeat heartbeat = session.last;
    WorkloadReadiness wanted = heartbeat.readiness();
    Workload workload = registry.current().workload(heartbeat.namespace(), heartbeat.id());
    if (wanted == null
        || workload == null
        || workload.readiness() == wanted
        || !workload.incarnation().equals(session.incarnation)
        || !session.writingReadiness.compareAndSet(false, true)) {
      return;
    }
    String key =
        Keyspace.instance(
            workload.source(), workload.namespace(), workload.service(), workload.id());
    // The revision stands for the incarnation, too: it is the one that the view shows.
    Txn txn =
        Txn.builder()
            .ifModRevision(key, workload.revision())
            .put(
                key,
                WorkloadCodec.toStored(
                    workload
                        .withReadiness(wanted, heartbeat.readinessReason())
                        .withRegistration(
                            workload
                                .registration()
                                .changed(utcMillis.getAsLong(), "its own heartbeat"))))
            .build();
    store.commit(txn).whenComplete((result, failure) -> written(session, result, failure));
  }

  private void written(Session session, @Nullable TxnResult result, @Nullable Throwable failure) {
    if (result == null) {
      session.writingReadiness.set(false);
      // The next heartbeat tries again.
      LOG.log(Level.DEBUG, "readiness could not be written yet: {0}", String.valueOf(failure));
      return;
    }
    // Whether it was written or somebody was faster: look again when the view shows it.
    registry
        .awaitRevision(result.revision(), CATCH_UP)
        .whenComplete(
            (reached, ignored) -> {
              session.writingReadiness.set(false);
              if (Boolean.TRUE.equals(reached)) {
                reconcile(session);
              }
            });
  }
}
