package dev.weft.controlplane.validate;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.Target;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.controlplane.validate.policy.Reference;
import dev.weft.controlplane.validate.yaml.NearMisses;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The rules between documents: of one batch, and with what is there already. */
final class ReferenceCheck {
  private final Map<PolicyKey, Draft> batch = new HashMap<>();
  private final Inventory inventory;

  private ReferenceCheck(Inventory inventory) {
    this.inventory = inventory;
  }

  static void check(List<Draft> drafts, Inventory inventory) {
    var check = new ReferenceCheck(inventory);
    for (Draft draft : drafts) {
      Draft before = check.batch.putIfAbsent(draft.key(), draft);
      if (before != null) {
        Report other = before.report();
        draft
            .at()
            .wrong(
                "each object once",
                " (it is also document " + other.document() + " of " + other.manifest() + ")");
      }
    }
    // Targets of the batch, by what they attach to.
    Map<ObjectTarget, Draft> attached = new HashMap<>();
    for (Draft draft : drafts) {
      if (check.batch.get(draft.key()) != draft) {
        continue;
      }
      for (Reference reference : draft.references()) {
        check.exists(reference);
        switch (reference.role()) {
          case TARGET -> check.alone(draft, reference, attached);
          case BACKEND -> check.permitted(draft, reference);
          case PARENT, AUDIENCE -> {}
        }
      }
    }
  }

  private record ObjectTarget(String kind, ObjectKey key) {}

  private void exists(Reference reference) {
    ObjectKey key = reference.key();
    Draft draft = batch.get(policyKey(reference.kind(), key));
    if (!reference.kind().equals(Kinds.SERVICE)) {
      Collection<String> routes = inventory.routeNames(reference.kind(), key.namespace());
      if (draft == null && !routes.contains(key.name())) {
        dangling(reference, names(reference.kind(), key, routes));
      }
      return;
    }
    Service service = inventory.service(key.namespace(), key.name());
    if (draft != null) {
      // A broken document of the batch has been reported; what it would have said is unknown.
      service = draft.object() instanceof PolicyObject.OfService of ? of.service() : null;
    }
    if (service != null) {
      portExists(reference, service);
    } else if (draft == null) {
      dangling(reference, names(Kinds.SERVICE, key, inventory.serviceNames(key.namespace())));
    }
  }

  private Set<String> names(String kind, ObjectKey key, Collection<String> inventoried) {
    var names = new TreeSet<>(inventoried);
    batch.keySet().stream()
        .filter(k -> k.getKind().equals(kind) && k.getNamespace().equals(key.namespace()))
        .forEach(k -> names.add(k.getName()));
    return names;
  }

  private static void dangling(Reference reference, Set<String> names) {
    String in = " of namespace \"" + reference.key().namespace() + "\"";
    if (reference.role() == Reference.Role.AUDIENCE) {
      reference
          .at()
          .warn(
              "is no Service"
                  + in
                  + ", as a document or with registered instances: if that is its name, the entry"
                  + " is for those to come"
                  + NearMisses.hint(reference.key().name(), names));
      return;
    }
    reference
        .at()
        .wrong(
            reference.kind().equals(Kinds.SERVICE)
                ? "a Service" + in + ", as a document or with registered instances"
                : (reference.kind().equals(Kinds.HTTP_ROUTE) ? "an " : "a ")
                    + reference.kind()
                    + in,
            NearMisses.hint(reference.key().name(), names));
  }

  private static void portExists(Reference reference, Service service) {
    Place at = reference.portAt();
    if (at != null && service.port(reference.port()) == null) {
      String ports =
          service.ports().stream()
              .map(ServicePort::port)
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
      at.wrong("a port of Service " + reference.key() + ": " + (ports.isEmpty() ? "none" : ports));
    }
    Place nameAt = reference.portNameAt();
    if (nameAt != null
        && service.ports().stream().noneMatch(port -> port.name().equals(reference.portName()))) {
      String names =
          service.ports().stream()
              .map(ServicePort::name)
              .filter(name -> !name.isEmpty())
              .collect(Collectors.joining(", "));
      nameAt.wrong(
          "the name of a port of Service "
              + reference.key()
              + ": "
              + (names.isEmpty() ? "none has one" : names));
    }
  }

  /** Another namespace has to permit it; it may yet do so. */
  private void permitted(Draft draft, Reference reference) {
    if (!(draft.object() instanceof PolicyObject.OfRoute(HttpRoute route))) {
      return;
    }
    var grants = new ArrayList<ReferenceGrant>();
    for (ReferenceGrant grant : inventory.referenceGrants(reference.key().namespace())) {
      var key = new ObjectKey(grant.meta().namespace(), grant.meta().name());
      if (!batch.containsKey(policyKey(Kinds.REFERENCE_GRANT, key))) {
        grants.add(grant);
      }
    }
    for (Draft other : batch.values()) {
      if (other.object() instanceof PolicyObject.OfGrant(ReferenceGrant grant)
          && grant.meta().namespace().equals(reference.key().namespace())) {
        grants.add(grant);
      }
    }
    if (!route.permits(reference.key(), grants)) {
      reference
          .at()
          .warn(
              "is in namespace \""
                  + reference.key().namespace()
                  + "\", which has no ReferenceGrant for it: until there is one, this share of"
                  + " the requests is answered with 500");
    }
  }

  /** A target has one policy: which of two would win is not for chance to decide. */
  private void alone(Draft draft, Reference reference, Map<ObjectTarget, Draft> attached) {
    var target = new ObjectTarget(reference.kind(), reference.key());
    Draft inBatch = attached.putIfAbsent(target, draft);
    String other = inBatch != null ? inBatch.name() : other(draft, reference);
    if (other != null) {
      reference
          .at()
          .wrong(
              "a target without a policy",
              " (TrafficPolicy "
                  + draft.namespace()
                  + "/"
                  + other
                  + " is attached to it; change or delete that one)");
    }
  }

  /** A stored policy, not replaced by the batch, that has the same target. */
  private @Nullable String other(Draft draft, Reference reference) {
    for (TrafficPolicy policy : inventory.trafficPolicies(draft.namespace())) {
      var key = new ObjectKey(policy.meta().namespace(), policy.meta().name());
      if (batch.containsKey(policyKey(Kinds.TRAFFIC_POLICY, key))) {
        continue;
      }
      for (Target target : policy.targets()) {
        if (target.kind().kind().equals(reference.kind())
            && target.name().equals(reference.key().name())) {
          return policy.meta().name();
        }
      }
    }
    return null;
  }

  private static PolicyKey policyKey(String kind, ObjectKey key) {
    return PolicyKey.newBuilder()
        .setKind(kind)
        .setNamespace(key.namespace())
        .setName(key.name())
        .build();
  }
}
