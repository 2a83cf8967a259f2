package dev.weft.sidecar.telemetry;

import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Numbers of whatever clusters there are at the moment of a scrape; each call of {@link
 * Sink#metric} asks all of them. Any thread, one at a time.
 */
@FunctionalInterface
public interface ClusterNumbers {
  void collect(Sink sink);

  /** Where they go. */
  interface Sink {
    /**
     * One metric of every cluster.
     *
     * @param name without the prefix {@code weft_}, as Envoy would name it
     * @param counter whether it only grows
     * @param clusters all clusters there are
     */
    <C> void metric(
        String name,
        String help,
        boolean counter,
        Iterable<C> clusters,
        Function<C, String> clusterName,
        ToDoubleFunction<C> value);
  }
}
