package dev.weft.controlplane.api;

import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Peers;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryChange.WorkloadChange;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.WatchEvent;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One who watches instances. Events wait in a bounded queue while the receiver is slow; one that
 * falls too far behind is cut off and told where to go on.
 */
final class InstanceWatcher {
  /** Events that may wait for a slow receiver. */
  static final int MAX_WAITING = PeerLimit.WATCH_EVENTS.intValue();

  private final String namespace;
  private final String service;
  private final ServerCallStreamObserver<WatchEvent> call;
  private final PeerLimits limits;
  private final String address = Peers.currentAddress();
  private final Runnable onEnd;

  // Guarded by this.
  private final Deque<WatchEvent> waiting = new ArrayDeque<>();
  private final TreeMap<String, Workload> members = new TreeMap<>();
  private Iterator<Workload> initial = List.<Workload>of().iterator();
  private long initialRevision;
  private long afterRevision;
  private boolean over;

  /**
   * @param namespace empty: all
   * @param service empty: all; needs a namespace
   * @param limits where it is counted when it falls too far behind
   * @param onEnd called once, without locks
   */
  InstanceWatcher(
      String namespace,
      String service,
      ServerCallStreamObserver<WatchEvent> call,
      PeerLimits limits,
      Runnable onEnd) {
    this.limits = limits;
    this.namespace = namespace;
    this.service = service;
    this.call = call;
    this.onEnd = onEnd;
    call.setOnReadyHandler(this::drain);
    call.setOnCancelHandler(this::cancelled);
  }

  /** Sends the state of that view, then every change after it. */
  synchronized void startWith(RegistryView view) {
    afterRevision = view.revision();
    initialRevision = view.revision();
    List<Workload> all = membersIn(view);
    remember(all);
    initial = all.iterator();
    if (all.isEmpty()) {
      waiting.add(synced(view.revision()));
    }
    drain();
  }

  /** Sends every change after a revision. */
  synchronized void startAfter(long revision, RegistryView base) {
    afterRevision = revision;
    remember(membersIn(base));
  }

  /** Takes the next change; one that this watcher knows already is skipped. */
  synchronized void apply(RegistryChange change) {
    if (over || change.view().revision() <= afterRevision) {
      return;
    }
    afterRevision = change.view().revision();
    if (service.isEmpty()) {
      change.workloads().forEach(each -> one(each, change.view().revision()));
    } else if (change.services().contains(new ObjectKey(namespace, service))) {
      difference(change.view());
    }
    drain();
  }

  /** Ends the call. */
  void close(Status status) {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      waiting.clear();
      call.onError(status.asRuntimeException());
    }
    onEnd.run();
  }

  private void one(WorkloadChange change, long revision) {
    Workload after = change.after();
    Workload before = change.before();
    if (after != null && inNamespace(after)) {
      add(put(after, revision));
    } else if (after == null && before != null && inNamespace(before)) {
      add(removed(before, revision));
    }
  }

  private void difference(RegistryView view) {
    TreeMap<String, Workload> before = new TreeMap<>(members);
    List<Workload> now = membersIn(view);
    remember(now);
    for (Workload workload : now) {
      if (!workload.equals(before.remove(workload.id()))) {
        add(put(workload, view.revision()));
      }
    }
    before.values().forEach(gone -> add(removed(gone, view.revision())));
  }

  private List<Workload> membersIn(RegistryView view) {
    if (service.isEmpty()) {
      return view.workloads(namespace);
    }
    Service found = view.service(namespace, service);
    return found == null ? view.registeredUnder(namespace, service) : view.workloadsOf(found);
  }

  private void remember(List<Workload> now) {
    members.clear();
    if (!service.isEmpty()) {
      now.forEach(workload -> members.put(workload.id(), workload));
    }
  }

  private boolean inNamespace(Workload workload) {
    return namespace.isEmpty() || namespace.equals(workload.namespace());
  }

  private void add(WatchEvent event) {
    if (over) {
      return;
    }
    if (waiting.size() >= MAX_WAITING) {
      over = true;
      waiting.clear();
      String why =
          "this watch is too slow: "
              + MAX_WAITING
              + " events waited for it; list, then watch from the list's revision";
      limits.reached(PeerLimit.WATCH_EVENTS, address, address, why);
      call.onError(Status.RESOURCE_EXHAUSTED.withDescription(why).asRuntimeException());
      Thread.startVirtualThread(onEnd);
      return;
    }
    waiting.add(event);
  }

  private synchronized void drain() {
    while (!over && call.isReady()) {
      WatchEvent next = next();
      if (next == null) {
        return;
      }
      call.onNext(next);
    }
  }

  private @Nullable WatchEvent next() {
    if (!initial.hasNext()) {
      return waiting.poll();
    }
    WatchEvent event = put(initial.next(), initialRevision);
    if (!initial.hasNext()) {
      waiting.addFirst(synced(initialRevision));
    }
    return event;
  }

  private void cancelled() {
    synchronized (this) {
      over = true;
      waiting.clear();
    }
    onEnd.run();
  }

  static WatchEvent put(Workload workload, long revision) {
    return WatchEvent.newBuilder()
        .setType(WatchEvent.Type.PUT)
        .setRevision(revision)
        .setInstance(WorkloadCodec.toInstance(workload))
        .build();
  }

  static WatchEvent removed(Workload workload, long revision) {
    return removed(workload.namespace(), workload.service(), workload.id(), revision);
  }

  static WatchEvent removed(String namespace, String service, String id, long revision) {
    return WatchEvent.newBuilder()
        .setType(WatchEvent.Type.REMOVED)
        .setRevision(revision)
        .setInstance(Instance.newBuilder().setNamespace(namespace).setService(service).setId(id))
        .build();
  }

  private static WatchEvent synced(long revision) {
    return WatchEvent.newBuilder().setType(WatchEvent.Type.SYNCED).setRevision(revision).build();
  }
}
