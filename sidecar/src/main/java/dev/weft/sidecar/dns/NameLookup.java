package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what names stand for. A name that is new waits for the control plane, a moment only:
 * DNS is never to be worse than without it. Control loop only.
 */
final class NameLookup {
  private final MeshNames mesh;
  private final EventLoop loop;
  private final Consumer<Bound> reached;
  private final Map<String, Wait> waiting = new HashMap<>();

  /** Whether the control plane was too late the last time: until it says something, none waits. */
  private boolean late;

  NameLookup(MeshNames mesh, EventLoop loop, Consumer<Bound> reached) {
    this.mesh = mesh;
    this.loop = loop;
    this.reached = reached;
  }

  /** Who waits; null: the mesh does not know the name, or nobody can tell. */
  interface Told {
    void accept(@Nullable DnsNameConfig name);
  }

  /** Tells once, at once or within {@link Bound#DNS_WAIT}. */
  void look(String dnsName, Told told) {
    String name = DnsServer.PREFIX + dnsName;
    VirtualHostConfig known = mesh.use(name);
    if (known != null) {
      told.accept(known.dns());
    } else if (!mesh.want(name) || late) {
      told.accept(null);
    } else {
      waiting.computeIfAbsent(name, Wait::new).all.add(told);
    }
  }

  /** Whether it may be answered without the original resolver, which has it right in any case. */
  boolean sure(DnsNameConfig name) {
    return !name.instances() || mesh.connected();
  }

  void changed() {
    late = false;
    for (Wait wait : List.copyOf(waiting.values())) {
      VirtualHostConfig known = mesh.use(wait.name);
      if (known != null) {
        wait.end(known.dns());
      }
    }
  }

  void close() {
    for (Wait wait : List.copyOf(waiting.values())) {
      wait.end(null);
    }
  }

  private final class Wait {
    final List<Told> all = new ArrayList<>();
    private final String name;
    private final ScheduledFuture<?> timer;

    Wait(String name) {
      this.name = name;
      timer = loop.schedule(this::tooLate, Bound.DNS_WAIT.millis(), TimeUnit.MILLISECONDS);
    }

    private void tooLate() {
      reached.accept(Bound.DNS_WAIT);
      late = true;
      end(null);
    }

    void end(@Nullable DnsNameConfig known) {
      timer.cancel(false);
      waiting.remove(name);
      all.forEach(told -> told.accept(known));
    }
  }
}
