package dev.weft.sidecar.discovery;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.proxy.ResolvedHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The control loop's side of the hosts in force: compiles what changed and brings the table to
 * every worker.
 */
final class Hosts {
  private final int prefixLength;
  private final List<WorkerHosts> workers = new ArrayList<>();
  private final Map<String, Known> known = new HashMap<>();
  private HostTable table = HostTable.EMPTY;

  private record Known(VirtualHostConfig config, HostTable.Entry entry) {}

  /**
   * @param namespace our own, in which every virtual host is named
   */
  Hosts(String namespace) {
    this.prefixLength = namespace.length() + 1;
  }

  void add(WorkerHosts worker) {
    workers.add(worker);
  }

  /** Takes over the virtual hosts of a snapshot; makes a new table if any differs. */
  void update(Map<String, VirtualHostConfig> hosts) {
    boolean changed = known.keySet().retainAll(hosts.keySet());
    for (VirtualHostConfig host : hosts.values()) {
      Known before = known.get(host.name());
      if (before == null || !before.config().equals(host)) {
        String authority = host.name().substring(prefixLength);
        known.put(
            host.name(),
            new Known(host, new HostTable.Entry(authority, ResolvedHost.compile(host))));
        changed = true;
      }
    }
    if (changed) {
      var entries = new ArrayList<HostTable.Entry>(known.size());
      for (Known one : known.values()) {
        entries.add(one.entry());
      }
      table = new HostTable(entries);
    }
  }

  /**
   * Brings the table to every worker.
   *
   * @param inForce run on the thread of the worker that is last
   */
  void publish(Runnable inForce) {
    var left = new AtomicInteger(workers.size());
    for (WorkerHosts worker : workers) {
      try {
        worker.publish(
            table,
            () -> {
              if (left.decrementAndGet() == 0) {
                inForce.run();
              }
            });
      } catch (RejectedExecutionException e) {
        // The process is ending, and this worker has ended already: nothing is acknowledged.
        return;
      }
    }
  }

  void refuse(String authority, String why) {
    for (WorkerHosts worker : workers) {
      worker.refuse(authority, why);
    }
  }

  /** Whether a worker has used the host since this was last asked. */
  boolean takeUsed(String name) {
    Known one = known.get(name);
    return one != null && one.entry().takeUsed();
  }

  /** The host of that name, marked as used. */
  @Nullable VirtualHostConfig use(String name) {
    Known one = known.get(name);
    if (one == null) {
      return null;
    }
    one.entry().use();
    return one.config();
  }

  @Nullable VirtualHostConfig config(String name) {
    Known one = known.get(name);
    return one == null ? null : one.config();
  }
}
