package dev.weft.controlplane.api;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.auth.CallerName;
import dev.weft.controlplane.discovery.SubscriberAcks;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.model.InstanceSelector;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryProblem;
import dev.weft.controlplane.registry.RegistryStatus;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.liveness.Reaper;
import dev.weft.controlplane.registry.liveness.Sessions;
import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.source.operator.InstanceOverrides;
import dev.weft.controlplane.source.self.SelfRegistration;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.GetInstanceRequest;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.ListOverridesRequest;
import dev.weft.proto.registry.v1.ListOverridesResponse;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.ListServicesResponse;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RecoverResponse;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceImplBase;
import dev.weft.proto.registry.v1.ServiceSummary;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetOverrideResponse;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Serves {@code weft.registry.v1}. Reads come from this replica's view (the last one known while
 * the store is away), writes go to the store.
 */
public final class RegistryService extends RegistryServiceImplBase {
  /** The longest that Deregister waits for subscribers. */
  private static final long MAX_AWAIT_MILLIS = 60_000;

  /** Entries of one sort that ListServices warns of. */
  private static final int MAX_WARNINGS = 20;

  private final Store store;
  private final Registry registry;
  private final Sessions sessions;
  private final Reaper reaper;
  private final SelfRegistration registration;
  private final SubscriberAcks acks;
  private final Duration ttl;
  private final WatchHub hub;
  private final OverrideCalls overrides;
  private final RecoveryCalls recovery;
  private final RegistryGate gate;

  /**
   * @param acks who knows when sidecars have a revision in force
   * @param ttl what registrants are told to keep
   * @param limits where it counts and names who reaches one
   * @param nanoClock a monotonic one
   */
  public RegistryService(
      Store store,
      Registry registry,
      Sessions sessions,
      Reaper reaper,
      SubscriberAcks acks,
      Duration ttl,
      PeerLimits limits,
      LongSupplier nanoClock) {
    this.store = store;
    this.registry = registry;
    this.sessions = sessions;
    this.reaper = reaper;
    this.registration = new SelfRegistration(store, registry, System::currentTimeMillis);
    this.overrides =
        new OverrideCalls(new InstanceOverrides(store, registry, System::currentTimeMillis));
    this.recovery = new RecoveryCalls(store, registry);
    this.acks = acks;
    this.ttl = ttl;
    this.hub = new WatchHub(registry);
    this.gate = new RegistryGate(registry, limits, nanoClock);
  }

  /** Watch streams right now, for metrics. */
  public int watchers() {
    return hub.count() + gate.watches().count();
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<RegisterResponse> observer) {
    String by = CallerName.current();
    Calls.answer(
        observer,
        whenReadable(
            () -> {
              gate.requireRoom(request.getInstance());
              return registration
                  .register(request.getInstance(), by)
                  .thenApply(
                      registered ->
                          RegisterResponse.newBuilder()
                              .setIncarnation(registered.incarnation())
                              .setRevision(registered.revision())
                              .setTtlMillis(ttl.toMillis())
                              .build());
            }));
  }

  @Override
  public StreamObserver<KeepAliveRequest> keepAlive(StreamObserver<KeepAliveResponse> observer) {
    return new KeepAliveStream(
        sessions, gate, (ServerCallStreamObserver<KeepAliveResponse>) observer);
  }

  @Override
  public void deregister(DeregisterRequest request, StreamObserver<DeregisterResponse> observer) {
    long await = request.getAwaitSubscribersMillis();
    if (await < 0 || await > MAX_AWAIT_MILLIS) {
      observer.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "await_subscribers_millis is " + await + ", expected 0 to " + MAX_AWAIT_MILLIS)
              .asRuntimeException());
      return;
    }
    Calls.answer(
        observer,
        whenReadable(
            () -> {
              requireLabel("namespace", request.getNamespace());
              requireLabel("id", request.getId());
              gate.requireRate();
              return registration
                  .deregister(request.getNamespace(), request.getId(), request.getIncarnation())
                  .thenCompose(removed -> deregistered(request, removed));
            }));
  }

  private CompletableFuture<DeregisterResponse> deregistered(
      DeregisterRequest request, SelfRegistration.Removed removed) {
    DeregisterResponse.Builder response =
        DeregisterResponse.newBuilder()
            .setRemoved(removed.removed())
            .setRevision(removed.revision());
    if (!removed.removed()) {
      return CompletableFuture.completedFuture(response.build());
    }
    sessions.left(request.getNamespace(), request.getId(), request.getIncarnation());
    if (request.getAwaitSubscribersMillis() == 0) {
      return CompletableFuture.completedFuture(response.build());
    }
    return acks.await(removed.revision(), Duration.ofMillis(request.getAwaitSubscribersMillis()))
        // It has been removed, whether anybody can be waited for or not.
        .handle(
            (result, failure) ->
                response.setSubscribersAcknowledged(failure == null && result.synced()).build());
  }

  @Override
  public void getInstance(GetInstanceRequest request, StreamObserver<Instance> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          requireLabel("namespace", request.getNamespace());
          requireLabel("id", request.getId());
          Workload workload = registry.current().workload(request.getNamespace(), request.getId());
          if (workload == null) {
            throw Status.NOT_FOUND
                .withDescription(
                    "no instance "
                        + request.getNamespace()
                        + "/"
                        + request.getId()
                        + " is registered")
                .asRuntimeException();
          }
          return WorkloadCodec.toInstance(workload);
        });
  }

  @Override
  public void listServices(
      ListServicesRequest request, StreamObserver<ListServicesResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          optionalLabel("namespace", request.getNamespace());
          RegistryView view = registry.current();
          ListServicesResponse.Builder response =
              ListServicesResponse.newBuilder().setRevision(view.revision());
          for (Service service : view.services(request.getNamespace())) {
            response.addServices(summary(view, service));
          }
          warn(view, response);
          return response.build();
        });
  }

  @Override
  public void listInstances(
      ListInstancesRequest request, StreamObserver<ListInstancesResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          requireScope(request.getNamespace(), request.getService());
          InstanceSelector selector = selector(request.getSelector());
          RegistryView view = registry.current();
          ListInstancesResponse.Builder response =
              ListInstancesResponse.newBuilder().setRevision(view.revision());
          for (Workload workload : instances(view, request)) {
            if (selector.selects(workload)) {
              response.addInstances(WorkloadCodec.toInstance(workload));
            }
          }
          return response.build();
        });
  }

  @Override
  public void setInstanceOverride(
      SetInstanceOverrideRequest request, StreamObserver<SetOverrideResponse> observer) {
    Calls.answer(
        observer,
        whenReadable(
            () -> {
              requireLabel("namespace", request.getNamespace());
              return overrides.set(request);
            }));
  }

  @Override
  public void setZoneMaintenance(
      SetZoneMaintenanceRequest request, StreamObserver<SetOverrideResponse> observer) {
    Calls.answer(observer, whenReadable(() -> overrides.set(request)));
  }

  @Override
  public void recover(RecoverRequest request, StreamObserver<RecoverResponse> observer) {
    String by = CallerName.current();
    Calls.answer(observer, whenReadable(() -> recovery.recover(request, by)));
  }

  @Override
  public void listOverrides(
      ListOverridesRequest request, StreamObserver<ListOverridesResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          ApiErrors.requireView(registry);
          return OverrideCalls.list(registry.current());
        });
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    var call = (ServerCallStreamObserver<WatchEvent>) observer;
    try {
      ApiErrors.requireView(registry);
      requireScope(request.getNamespace(), request.getService());
      if (request.getFromRevision() < 0) {
        throw invalid("from_revision", "" + request.getFromRevision(), "0 or a revision");
      }
      // Until it is known whether it reads the history, it counts as if it did.
      gate.watches().enter(hub.count());
    } catch (StatusRuntimeException e) {
      call.onError(e);
      return;
    }
    InstanceWatcher[] self = new InstanceWatcher[1];
    InstanceWatcher watcher =
        new InstanceWatcher(
            request.getNamespace(),
            request.getService(),
            call,
            gate.limits(),
            () -> hub.unsubscribe(self[0]));
    self[0] = watcher;
    if (hub.subscribe(watcher, request.getFromRevision())) {
      gate.watches().leave();
      return;
    }
    if (registry.current().hasEndpoints(request.getNamespace(), request.getService())) {
      gate.watches().leave();
      // A slice is stored as a whole: what left it at a revision, the history does not say.
      watcher.close(
          Status.OUT_OF_RANGE.withDescription(
              "revision "
                  + request.getFromRevision()
                  + " is further back than this replica remembers of Kubernetes' endpoints: list,"
                  + " then watch from the list's revision"));
    } else {
      new HistoryWatch(request.getNamespace(), request.getService(), call, gate.watches()::leave)
          .start(store, request.getFromRevision());
    }
  }

  private <T> CompletableFuture<T> whenReadable(Supplier<CompletableFuture<T>> action) {
    try {
      ApiErrors.requireView(registry);
      return action.get();
    } catch (StatusRuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static List<Workload> instances(RegistryView view, ListInstancesRequest request) {
    if (request.getService().isEmpty()) {
      return view.workloads(request.getNamespace());
    }
    Service service = view.service(request.getNamespace(), request.getService());
    return service == null ? List.of() : view.workloadsOf(service);
  }

  private static InstanceSelector selector(String text) {
    try {
      return InstanceSelector.parse(text);
    } catch (IllegalArgumentException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("selector " + e.getMessage())
          .asRuntimeException();
    }
  }

  private static ServiceSummary summary(RegistryView view, Service service) {
    ServiceSummary.Builder summary =
        ServiceSummary.newBuilder().setNamespace(service.namespace()).setName(service.name());
    service.ports().forEach(port -> summary.addPorts(port.port()));
    int ready = 0;
    List<Workload> workloads = view.workloadsOf(service);
    for (Workload workload : workloads) {
      ready += workload.ready() ? 1 : 0;
    }
    return summary.setInstances(workloads.size()).setReadyInstances(ready).build();
  }

  private void warn(RegistryView view, ListServicesResponse.Builder response) {
    RegistryStatus status = registry.status();
    if (!status.synced()) {
      response.addWarnings(
          "the store is out of reach, this is what was known at revision "
              + view.revision()
              + ": "
              + status.reason());
    }
    Loss loss = registry.loss();
    if (!loss.isEmpty()) {
      response.addWarnings(loss.message());
    }
    reaper.alarms().stream()
        .limit(MAX_WARNINGS)
        .forEach(alarm -> response.addWarnings(alarm.message()));
    List<RegistryProblem> problems = view.problems();
    problems.stream()
        .limit(MAX_WARNINGS)
        .forEach(
            problem ->
                response.addWarnings(
                    "stored entry " + problem.key() + " is not used: " + problem.message()));
  }

  private static void requireScope(String namespace, String service) {
    optionalLabel("namespace", namespace);
    optionalLabel("service", service);
    if (namespace.isEmpty() && !service.isEmpty()) {
      throw invalid("namespace", "", "the namespace of service \"" + service + "\"");
    }
  }

  private static void optionalLabel(String field, String value) {
    if (!value.isEmpty()) {
      requireLabel(field, value);
    }
  }

  private static void requireLabel(String field, String value) {
    if (!Syntax.isDnsLabel(value)) {
      throw invalid(field, value, "a DNS label: 1 to 63 of a-z, 0-9 and '-'");
    }
  }

  private static StatusRuntimeException invalid(String field, String value, String expected) {
    return Status.INVALID_ARGUMENT
        .withDescription(field + " is \"" + value + "\", expected " + expected)
        .asRuntimeException();
  }
}
