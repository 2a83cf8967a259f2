package dev.weft.sidecar.cluster;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.EndpointConfig;
import dev.weft.sidecar.cluster.Picker.Emptiness;
import dev.weft.sidecar.cluster.Picker.Group;
import dev.weft.sidecar.lb.Candidates;
import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.EndpointLoad;
import dev.weft.sidecar.lb.Nearness;
import dev.weft.sidecar.lb.Policy;
import dev.weft.sidecar.lb.PriorityLoad;
import dev.weft.sidecar.lb.SlowStart;
import dev.weft.sidecar.lb.TopologyHints;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes one cluster's pickers, from its endpoints and their health and from where this sidecar
 * runs. Keeps what outlives a picker: the workers' places in their rotations. Control loop only.
 */
final class PickerFactory {
  private final ClusterCounters counters;
  private final RandomGenerator random;

  /** By priority, then by worker; the first is that of most clusters. */
  private final List<ClusterLoad[]> rotations = new ArrayList<>(1);

  private List<PriorityStatus> priorities = List.of();
  private String preference = "";
  private int preferred = -1;
  private boolean growing;

  PickerFactory(int workers, ClusterCounters counters, RandomGenerator random) {
    this.counters = counters;
    this.random = random;
    rotations.add(newLoads(workers));
  }

  /** What the workers keep of the cluster as a whole. */
  ClusterLoad[] loads() {
    return rotations.getFirst();
  }

  /** What the last picker's endpoints were preferred by; empty: nothing, or priorities. */
  String preference() {
    return preference;
  }

  /** How many of the last picker's endpoints were preferred to others; -1: all were alike. */
  int preferred() {
    return preferred;
  }

  /** Those of the last picker, where a policy asks for them. */
  List<PriorityStatus> priorities() {
    return priorities;
  }

  /** Whether an endpoint of the last picker has not its whole weight yet. */
  boolean growing() {
    return growing;
  }

  static SlowStart slowStart(ClusterConfig config) {
    BalancingConfig balancing = config.balancing();
    return new SlowStart(balancing.slowStartNanos(), balancing.slowStartMinPercent());
  }

  /** Endpoints of one priority, while they are sorted. */
  private static final class Slot {
    private final String name;
    private final List<EndpointTracker> well;
    private final List<EndpointTracker> ill = new ArrayList<>(0);
    private long healthyWeight;
    private long weight;

    Slot(String name, int expected) {
      this.name = name;
      this.well = new ArrayList<>(expected);
    }

    void add(EndpointTracker endpoint, boolean healthy) {
      (healthy ? well : ill).add(endpoint);
      weight += endpoint.config().weight();
      healthyWeight += healthy ? endpoint.config().weight() : 0;
    }
  }

  Picker build(
      ClusterConfig config,
      List<EndpointConfig> configs,
      Collection<EndpointTracker> endpoints,
      Home home,
      long nowNanos) {
    growing = false;
    LocalityConfig locality = config.balancing().locality();
    Nearness near =
        locality == null || home.place().unknown() ? null : Nearness.of(locality, home.place());
    TopologyHints hints = locality == null ? hints(configs, home) : null;
    List<Slot> slots = sort(endpoints, near, hints);
    PriorityLoad load = load(config.balancing(), slots, hints != null);
    describe(config.balancing(), slots, load, hints);

    var groups = new Group[slots.size()];
    var reserve = new ArrayList<EndpointTracker>();
    var probes = new ArrayList<EndpointTracker>();
    int healthy = 0;
    boolean anybody = false;
    for (int i = 0; i < groups.length; i++) {
      Slot slot = slots.get(i);
      boolean panic = load.panic(i);
      healthy += slot.well.size();
      if (panic) {
        slot.well.addAll(slot.ill);
      } else {
        setAside(slot.ill, config, reserve, probes);
      }
      anybody |= !slot.well.isEmpty();
      groups[i] = group(config, slot.well, rotations(i), panic, nowNanos);
    }
    Emptiness emptiness =
        endpoints.isEmpty()
            ? Emptiness.NO_ENDPOINTS
            : anybody || !reserve.isEmpty() ? Emptiness.NOT_EMPTY : Emptiness.ALL_FAIL_CHECKS;
    return new Picker(
        counters,
        load,
        groups,
        group(config, reserve, loads(), false, nowNanos),
        probes.toArray(EndpointTracker[]::new),
        emptiness,
        healthy,
        config.loadBalancer() == LoadBalancerType.CLIENT_ADDRESS ? home.client() : 0);
  }

  /** Those priorities that have endpoints, in their order; one at least. */
  private static List<Slot> sort(
      Collection<EndpointTracker> endpoints,
      @Nullable Nearness near,
      @Nullable TopologyHints hints) {
    int most = near != null ? near.priorities() : hints != null ? 2 : 1;
    var slots = new @Nullable Slot[most];
    for (EndpointTracker endpoint : endpoints) {
      int priority = 0;
      if (near != null) {
        priority = near.priority(endpoint.config().locality());
      } else if (hints != null && !hints.prefer(endpoint.config())) {
        priority = 1;
      }
      Slot slot = slots[priority];
      if (slot == null) {
        slot = new Slot(near == null ? "" : near.name(priority), endpoints.size() / most + 1);
        slots[priority] = slot;
      }
      slot.add(endpoint, !endpoint.activeHealth().failing() && endpoint.ejection().admitted());
    }
    var filled = new ArrayList<Slot>(1);
    for (Slot slot : slots) {
      if (slot != null) {
        filled.add(slot);
      }
    }
    if (filled.isEmpty()) {
      filled.add(new Slot("", 0));
    }
    return filled;
  }

  /**
   * @param allOrNothing whether one healthy endpoint takes all of its priority's requests: what
   *     prefers by hints, as kube-proxy does, does not know of shares
   */
  private static PriorityLoad load(
      BalancingConfig balancing, List<Slot> slots, boolean allOrNothing) {
    long[] healthy = new long[slots.size()];
    long[] all = new long[slots.size()];
    for (int i = 0; i < all.length; i++) {
      Slot slot = slots.get(i);
      all[i] = slot.weight;
      healthy[i] = allOrNothing && slot.healthyWeight > 0 ? slot.weight : slot.healthyWeight;
    }
    LocalityConfig locality = balancing.locality();
    return PriorityLoad.of(
        healthy,
        all,
        locality == null
            ? BalancingConfig.OVERPROVISIONING_PERCENT
            : locality.overprovisioningPercent(),
        balancing.panicThresholdPercent());
  }

  private void describe(
      BalancingConfig balancing,
      List<Slot> slots,
      PriorityLoad load,
      @Nullable TopologyHints hints) {
    preference = hints == null ? "" : hints.toString();
    preferred =
        hints != null && slots.size() == 2 && slots.stream().noneMatch(each -> each.well.isEmpty())
            ? slots.getFirst().well.size()
            : -1;
    if (balancing.locality() == null && balancing.panicThresholdPercent() == 0) {
      priorities = List.of();
      return;
    }
    var described = new ArrayList<PriorityStatus>(slots.size());
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      described.add(
          new PriorityStatus(
              slot.name.isEmpty() ? "all" : slot.name,
              slot.well.size(),
              slot.well.size() + slot.ill.size(),
              load.share(i),
              load.panic(i)));
    }
    priorities = List.copyOf(described);
  }

  private static void setAside(
      List<EndpointTracker> ill,
      ClusterConfig config,
      List<EndpointTracker> reserve,
      List<EndpointTracker> probes) {
    for (EndpointTracker endpoint : ill) {
      if (endpoint.activeHealth().failing()) {
        continue;
      }
      reserve.add(endpoint);
      // With active checks, the next one decides, and no request is risked.
      if (endpoint.ejection().state() == Ejection.State.PROBING && config.healthCheck() == null) {
        probes.add(endpoint);
      }
    }
  }

  private ClusterLoad[] rotations(int priority) {
    while (rotations.size() <= priority) {
      rotations.add(newLoads(loads().length));
    }
    return rotations.get(priority);
  }

  private ClusterLoad[] newLoads(int workers) {
    var made = new ClusterLoad[workers];
    for (int i = 0; i < workers; i++) {
      made[i] = new ClusterLoad(i, random.nextLong());
    }
    return made;
  }

  /** Null: nobody is preferred. Most clusters have no hints, and know it by the first endpoint. */
  private static @Nullable TopologyHints hints(List<EndpointConfig> configs, Home home) {
    if (configs.isEmpty()) {
      return null;
    }
    EndpointConfig first = configs.getFirst();
    return first.forZones().isEmpty() && first.forNodes().isEmpty()
        ? null
        : TopologyHints.of(configs, home.nodeName(), home.place().zone());
  }

  private Group group(
      ClusterConfig config,
      List<EndpointTracker> trackers,
      ClusterLoad[] rotation,
      boolean panic,
      long nowNanos) {
    int size = trackers.size();
    int workers = loads().length;
    var byWorker = new EndpointLoad[workers][size];
    for (int i = 0; i < size; i++) {
      for (int worker = 0; worker < workers; worker++) {
        byWorker[worker][i] = trackers.get(i).load(worker);
      }
    }
    var candidates = new Candidates(byWorker, weights(slowStart(config), trackers, nowNanos));
    return new Group(
        rotation,
        policy(config, candidates, trackers),
        trackers.toArray(EndpointTracker[]::new),
        panic);
  }

  private static Policy policy(
      ClusterConfig config, Candidates candidates, List<EndpointTracker> trackers) {
    if (config.loadBalancer() != LoadBalancerType.CLIENT_ADDRESS) {
      return Policy.of(config.loadBalancer(), candidates);
    }
    var names = new long[trackers.size()];
    for (int i = 0; i < names.length; i++) {
      names[i] = trackers.get(i).hostAndPort().hashCode();
    }
    return Policy.byClientAddress(candidates, names);
  }

  /** In finer units while one of them grows. */
  private int[] weights(SlowStart slowStart, List<EndpointTracker> trackers, long nowNanos) {
    var weights = new int[trackers.size()];
    boolean grows = false;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = trackers.get(i).config().weight();
      grows |= slowStart.growing(trackers.get(i).ageNanos(nowNanos));
    }
    if (grows) {
      growing = true;
      for (int i = 0; i < weights.length; i++) {
        weights[i] *= slowStart.share(trackers.get(i).ageNanos(nowNanos));
      }
    }
    return weights;
  }
}
