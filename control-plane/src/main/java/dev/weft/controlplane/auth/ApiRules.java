package dev.weft.controlplane.auth;

import dev.weft.controlplane.validate.DocumentKeys;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.GetRequest;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.GetInstanceRequest;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListOverridesRequest;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What permissions a request of the policy, mesh or registry API needs: those of the objects that
 * it is about, where Kubernetes has them, else of {@code instances} and {@code sidecars} of the
 * group {@code weft.dev}, which exist for RBAC only. Pure.
 */
final class ApiRules {
  private static final String WEFT = Access.WEFT;
  private static final String INSTANCES = Access.INSTANCES;
  private static final String SIDECARS = Access.SIDECARS;

  private ApiRules() {}

  /**
   * What a request needs.
   *
   * @throws RefusedException when nobody may send it here
   */
  static List<Access> needs(Object request) throws RefusedException {
    return switch (request) {
      // Whether each is new is decided by the store; who applies needs both, as with kubectl.
      case ApplyRequest apply -> apply(apply);
      case GetRequest get -> List.of(access("get", get.getKey()));
      case DeleteRequest delete -> List.of(access("delete", delete.getKey()));
      case ListRequest list -> all("list", list.getKind(), list.getNamespace());
      case dev.weft.proto.policy.v1.WatchRequest watch ->
          all("watch", watch.getKind(), watch.getNamespace());
      case HistoryRequest history ->
          read(history.getKind(), history.getNamespace(), history.getName());
      case GetRevisionRequest get -> read(get.getKind(), get.getNamespace(), get.getName());
      case RollbackRequest rollback -> rollback(rollback);
      case ListNodesRequest _ -> List.of(new Access("list", WEFT, SIDECARS, "", ""));
      case AwaitSyncRequest _ -> List.of(new Access("list", WEFT, SIDECARS, "", ""));
      case GetNodeConfigRequest get ->
          List.of(new Access("get", WEFT, SIDECARS, "", get.getNodeId()));
      case GetInstanceRequest get ->
          List.of(new Access("get", WEFT, INSTANCES, get.getNamespace(), get.getId()));
      case ListServicesRequest list -> List.of(instances("list", list.getNamespace()));
      case ListInstancesRequest list -> List.of(instances("list", list.getNamespace()));
      case dev.weft.proto.registry.v1.WatchRequest watch ->
          List.of(instances("watch", watch.getNamespace()));
      case SetInstanceOverrideRequest set ->
          List.of(new Access("update", WEFT, INSTANCES, set.getNamespace(), set.getId()));
      case SetZoneMaintenanceRequest set ->
          List.of(new Access("update", WEFT, Access.ZONES, "", set.getZone()));
      case ListOverridesRequest _ -> List.of(instances("list", ""));
      case RecoverRequest recover -> recover(recover);
      case RegisterRequest _, KeepAliveRequest _, DeregisterRequest _ ->
          throw new RefusedException(
              Refusal.denied(
                  "nothing registers itself here: on Kubernetes the instances of a service are the"
                      + " endpoints of its pods; start the sidecar with --register off"));
      default ->
          throw new RefusedException(
              Refusal.denied("nobody may call this: there is no rule for it"));
    };
  }

  /** What it makes true again was allowed once; what it gives up is gone for all. */
  private static List<Access> recover(RecoverRequest request) {
    return switch (request.getAction()) {
      case SHOW, UNRECOGNIZED -> List.of(instances("list", ""));
      case RESTORE -> List.of(instances("update", ""));
      case ACCEPT -> {
        List<Access> needed = new ArrayList<>(all("delete", "", ""));
        needed.add(instances("update", ""));
        yield List.copyOf(needed);
      }
    };
  }

  private static List<Access> apply(ApplyRequest request) {
    Set<Access> all = new LinkedHashSet<>();
    for (PolicyKey key : DocumentKeys.of(request.getManifestsList())) {
      all.add(access("create", key.toBuilder().clearName().build()));
      all.add(access("update", key));
    }
    return List.copyOf(all);
  }

  private static List<Access> read(String kind, String namespace, String name) {
    return kind.isEmpty() || namespace.isEmpty() || name.isEmpty()
        ? all("list", kind, namespace)
        : List.of(access("get", key(kind, namespace, name)));
  }

  /** Whether each is written or deleted is decided by the store. */
  private static List<Access> rollback(RollbackRequest request) {
    Set<Access> all = new LinkedHashSet<>();
    List<String> kinds = request.getKind().isEmpty() ? Kinds.all() : List.of(request.getKind());
    for (String kind : kinds) {
      all.add(access("create", key(kind, request.getNamespace(), "")));
      all.add(access("update", key(kind, request.getNamespace(), request.getName())));
      all.add(access("delete", key(kind, request.getNamespace(), request.getName())));
    }
    return List.copyOf(all);
  }

  private static PolicyKey key(String kind, String namespace, String name) {
    return PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build();
  }

  private static List<Access> all(String verb, String kind, String namespace) {
    List<String> kinds = kind.isEmpty() ? Kinds.all() : List.of(kind);
    return kinds.stream()
        .map(
            each ->
                access(verb, PolicyKey.newBuilder().setKind(each).setNamespace(namespace).build()))
        .toList();
  }

  private static Access instances(String verb, String namespace) {
    return new Access(verb, WEFT, INSTANCES, namespace, "");
  }

  private static Access access(String verb, PolicyKey key) {
    String kind = key.getKind();
    Kinds.Served served = Kinds.served(kind);
    String group = served == null ? WEFT : served.group();
    String plural = served == null ? plural(kind.toLowerCase(Locale.ROOT)) : served.plural();
    return new Access(verb, group, plural, key.getNamespace(), key.getName());
  }

  /** As kubectl guesses it. */
  private static String plural(String kind) {
    return kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s";
  }
}
