package dev.weft.controlplane.status;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a {@code TrafficPolicy} at one of its targets: the condition {@code Accepted}
 * with the reasons of policy attachment (GEP-713). Of several policies on one target the older
 * wins, block by block. Pure.
 */
final class PolicyConditions {
  private static final String ACCEPTED = "Accepted";

  private final Inventory inventory;
  private final RegistryView view;

  PolicyConditions(Inventory inventory, RegistryView view) {
    this.inventory = inventory;
    this.view = view;
  }

  /** Of a document that our rules refuse. */
  static Condition invalid(String problem) {
    return new Condition(ACCEPTED, false, "Invalid", "It has no effect: " + problem);
  }

  Condition of(TrafficPolicy policy, String kind, String name) {
    String namespace = policy.meta().namespace();
    boolean there =
        switch (kind) {
          case Kinds.SERVICE -> inventory.service(namespace, name) != null;
          case Kinds.HTTP_ROUTE -> view.httpRoute(new ObjectKey(namespace, name)) != null;
          default -> view.otherRoute(HttpRoute.key(kind, namespace, name)) != null;
        };
    String target = kind + " " + namespace + "/" + name;
    if (!there) {
      return new Condition(
          ACCEPTED, false, "TargetNotFound", "There is no " + target + ", or it is not valid.");
    }
    Map<String, String> lost = lost(policy, kind, name);
    String over =
        lost.entrySet().stream()
            .map(each -> each.getKey() + " by TrafficPolicy " + each.getValue())
            .collect(Collectors.joining(", "));
    if (!lost.isEmpty() && lost.size() == blocks(policy).size()) {
      return new Condition(
          ACCEPTED,
          false,
          "Conflicted",
          "All that it says of " + target + " is decided by older policies: " + over + ".");
    }
    String but = lost.isEmpty() ? "" : "; older policies decide " + over;
    return new Condition(ACCEPTED, true, ACCEPTED, "It applies to " + target + but + ".");
  }

  /** The blocks that an older policy on the same target has, too, and whose they are. */
  private Map<String, String> lost(TrafficPolicy policy, String kind, String name) {
    Map<String, String> lost = new LinkedHashMap<>();
    for (TrafficPolicy other : inventory.trafficPolicies(policy.meta().namespace())) {
      if (TrafficPolicy.WINNER_FIRST.compare(other, policy) < 0 && targets(other, kind, name)) {
        List<String> theirs = blocks(other);
        for (String block : blocks(policy)) {
          if (theirs.contains(block)) {
            lost.putIfAbsent(block, other.meta().toString());
          }
        }
      }
    }
    return lost;
  }

  private static boolean targets(TrafficPolicy policy, String kind, String name) {
    return policy.targets().stream()
        .anyMatch(target -> target.kind().kind().equals(kind) && target.name().equals(name));
  }

  private static List<String> blocks(TrafficPolicy policy) {
    var blocks = new ArrayList<String>();
    add(blocks, "loadBalancer", policy.loadBalancer());
    add(blocks, "timeouts.request", policy.requestTimeout());
    add(blocks, "timeouts.perTry", policy.perTryTimeout());
    add(blocks, "timeouts.streamIdle", policy.streamIdleTimeout());
    add(blocks, "timeouts.tcpIdle", policy.tcpIdleTimeout());
    add(blocks, "retry", policy.retry());
    add(blocks, "outlierDetection", policy.outlierDetection());
    add(blocks, "healthCheck", policy.healthCheck());
    add(blocks, "connectionLimits", policy.connectionLimits());
    add(blocks, "tls", policy.tls());
    add(blocks, "proxyProtocol", policy.proxyProtocol());
    return blocks;
  }

  private static void add(List<String> blocks, String name, @Nullable Object value) {
    if (value != null) {
      blocks.add(name);
    }
  }
}
