package dev.weft.controlplane.registry;

import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.IpAddresses;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.registry.ViewDiff.Touched;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the stored slices and keeps the endpoints that they list. An endpoint may be in several
 * slices of its service: while Kubernetes moves it, with other ports, or once per address family.
 * It is one workload all the same, of the IPv4 address and the newest slice first, and found at
 * each of its addresses. Owned by the registry thread.
 */
final class EndpointSlices {
  private static final Comparator<Claim> FIRST =
      Comparator.<Claim, Boolean>comparing(claim -> claim.endpoint().address().indexOf(':') >= 0)
          .thenComparingLong(claim -> -claim.revision())
          .thenComparing(Claim::key);

  private final Touched touched;
  private final Overrides overrides;

  /** By the slice's key: the names of the endpoints that it lists. */
  private final Map<String, Set<String>> named = new HashMap<>();

  /** By endpoint's name, what each slice says of it, the most telling first. */
  private final Map<String, List<Claim>> claims = new HashMap<>();

  /** By endpoint's name, what the trees hold of it: one workload for each address. */
  private final Map<String, List<Workload>> shown = new HashMap<>();

  private SortedTree<Workload> byService = SortedTree.empty();
  private SortedTree<Workload> byAddress = SortedTree.empty();
  private SortedTree<Workload> byPod = SortedTree.empty();
  private SortedTree<Locality> nodes = SortedTree.empty();

  private record Claim(String key, long revision, Workload endpoint) {}

  EndpointSlices(Touched touched, Overrides overrides) {
    this.touched = touched;
    this.overrides = overrides;
  }

  EndpointTrees trees() {
    return new EndpointTrees(byService, byAddress, byPod, nodes);
  }

  /** Where a machine stands; null: not known any more. */
  void node(String name, @Nullable Locality locality) {
    nodes = locality == null ? nodes.remove(name) : nodes.put(name, locality);
    touched.nodes.add(name);
  }

  /** What the slice of that key lists now, all of one service. */
  void put(String key, long revision, Iterable<Workload> endpoints) {
    Set<String> now = new HashSet<>();
    Set<String> settle = new HashSet<>();
    for (Workload endpoint : endpoints) {
      String name = EndpointTrees.name(endpoint);
      now.add(name);
      settle.add(name);
      List<Claim> all = others(name, key);
      all.add(new Claim(key, revision, endpoint));
      all.sort(FIRST);
      claims.put(name, all);
    }
    Set<String> before = now.isEmpty() ? named.remove(key) : named.put(key, now);
    for (String name : before == null ? Set.<String>of() : before) {
      if (!now.contains(name)) {
        settle.add(name);
        List<Claim> all = others(name, key);
        if (all.isEmpty()) {
          claims.remove(name);
        } else {
          claims.put(name, all);
        }
      }
    }
    settle.forEach(this::settle);
  }

  void remove(String key) {
    put(key, 0, List.of());
  }

  /** Looks anew at the endpoints that are that pod, by namespace and name. */
  void settlePod(String pod) {
    settle(with(byPod, pod + '/', ""));
  }

  /** Looks anew at the endpoints of a zone. */
  void settleZone(String zone) {
    settle(with(byService, "", zone));
  }

  private void settle(List<Workload> endpoints) {
    endpoints.forEach(endpoint -> settle(EndpointTrees.name(endpoint)));
  }

  /** Those of a zone, or all when it is empty. */
  private static List<Workload> with(SortedTree<Workload> tree, String prefix, String zone) {
    List<Workload> found = new ArrayList<>();
    tree.forEachWithPrefix(
        prefix,
        endpoint -> {
          if (zone.isEmpty() || endpoint.locality().zone().equals(zone)) {
            found.add(endpoint);
          }
        });
    return found;
  }

  private List<Claim> others(String name, String key) {
    List<Claim> others = new ArrayList<>();
    for (Claim claim : claims.getOrDefault(name, List.of())) {
      if (!claim.key().equals(key)) {
        others.add(claim);
      }
    }
    return others;
  }

  private void settle(String name) {
    List<Workload> before = shown.getOrDefault(name, List.of());
    List<Workload> after =
        keepUnchanged(
            before,
            byAddress(claims.getOrDefault(name, List.of())).stream()
                .map(overrides::applied)
                .toList());
    if (after.equals(before)) {
      return;
    }
    touched.endpoints.add(name);
    for (Workload gone : before) {
      byAddress = byAddress.remove(addressOf(gone) + '/' + name);
      touched.addresses.add(addressOf(gone));
    }
    for (Workload here : after) {
      byAddress = byAddress.put(addressOf(here) + '/' + name, here);
      touched.addresses.add(addressOf(here));
    }
    if (after.isEmpty()) {
      shown.remove(name);
      byService = byService.remove(name);
      byPod = byPod.remove(podName(before.getFirst()));
    } else {
      shown.put(name, after);
      byService = byService.put(name, after.getFirst());
      byPod = byPod.put(podName(after.getFirst()), after.getFirst());
    }
  }

  /** What the claims say together: for each address what is said first, with the ports of all. */
  private static List<Workload> byAddress(List<Claim> claims) {
    Map<String, Workload> all = new LinkedHashMap<>();
    for (Claim claim : claims) {
      all.merge(addressOf(claim.endpoint()), claim.endpoint(), EndpointSlices::withPortsOf);
    }
    return List.copyOf(all.values());
  }

  private static Workload withPortsOf(Workload first, Workload other) {
    List<WorkloadPort> ports = new ArrayList<>(first.ports());
    for (WorkloadPort port : other.ports()) {
      if (ports.stream().noneMatch(known -> known.name().equals(port.name()))) {
        ports.add(port);
      }
    }
    return first.withPorts(ports);
  }

  /** A slice is written as a whole: those in it that did not change keep their revision. */
  private static List<Workload> keepUnchanged(List<Workload> before, List<Workload> after) {
    List<Workload> kept = new ArrayList<>(after);
    for (int i = 0; i < kept.size() && i < before.size(); i++) {
      if (kept.get(i).withRevision(before.get(i).revision()).equals(before.get(i))) {
        kept.set(i, before.get(i));
      }
    }
    return kept;
  }

  private static String addressOf(Workload endpoint) {
    String address = IpAddresses.canonical(endpoint.address());
    return address == null ? endpoint.address() : address;
  }

  private static String podName(Workload endpoint) {
    return endpoint.namespace() + '/' + endpoint.id() + '/' + endpoint.service();
  }
}
