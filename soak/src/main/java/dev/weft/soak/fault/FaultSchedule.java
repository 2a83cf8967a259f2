package dev.weft.soak.fault;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Faults in an order that follows from the seed alone: rounds, each of which has every kind once.
 * One replica, one sidecar that only calls, and one instance of each service are spared what kills
 * or restarts them, so that there are processes which live through everything that happens to the
 * others. Pure; for one thread.
 */
public final class FaultSchedule {
  private static final int LEAST_QUIET_MILLIS = 500;
  private static final int MOST_QUIET_MILLIS = 2000;
  private static final int AMOUNTS = 1000;

  private final MeshPlan plan;
  private final Random random;
  private final Set<String> spared = new TreeSet<>();
  private final Deque<FaultKind> round = new ArrayDeque<>();
  private int number;

  public FaultSchedule(long seed, MeshPlan plan) {
    this.plan = plan;
    random = new Random(seed);
    spared.add(any(plan.replicas()));
    spared.add(any(plan.edges()));
    plan.services().forEach(service -> spared.add(any(service.instances())));
  }

  /** The names of processes that are never killed or restarted. */
  public Set<String> spared() {
    return Set.copyOf(spared);
  }

  /** There is always one more. */
  public Fault next() {
    if (round.isEmpty()) {
      List<FaultKind> kinds = new ArrayList<>(List.of(FaultKind.values()));
      Collections.shuffle(kinds, random);
      round.addAll(kinds);
    }
    FaultKind kind = round.remove();
    return new Fault(
        ++number,
        kind,
        target(kind),
        Duration.ofMillis(between(kind.leastMillis(), kind.mostMillis())),
        Duration.ofMillis(between(LEAST_QUIET_MILLIS, MOST_QUIET_MILLIS)),
        random.nextInt(AMOUNTS));
  }

  private String target(FaultKind kind) {
    return switch (kind) {
      case ZONE_ILL, ZONE_MAINTENANCE -> any(plan.zones());
      case REPLICA_KILLED -> any(unspared(plan.replicas()));
      case REPLICAS_ROLLED -> String.join(", ", unspared(plan.replicas()));
      case ETCD_KILLED, ETCD_PAUSED, ETCD_RESTARTED -> "etcd";
      case LINK_DELAYED, LINK_CUT, LINK_SILENT, LINK_ONE_WAY, LINK_TRICKLES -> any(plan.links());
      case APP_KILLED, INSTANCE_RESTARTED -> any(unspared(plan.instances()));
      case APP_ILL, APP_SLOW, INSTANCE_DRAINED, WEIGHT_CHANGED -> any(plan.instances());
      case SIDECAR_KILLED -> {
        List<String> all = new ArrayList<>(unspared(plan.instances()));
        all.addAll(unspared(plan.edges()));
        yield any(all);
      }
      case ROUTE_CHANGED -> plan.services().getLast().name();
      case POLICY_CHANGED, POLICY_ROLLED_BACK ->
          any(plan.services().stream().map(MeshPlan.Service::name).toList());
      case CONFIG_RELEASED -> plan.setting();
      case CHURN_BURST, CALLER_SLOW, CALLER_HOSTILE -> any(plan.replicas());
    };
  }

  private List<String> unspared(List<String> names) {
    return names.stream().filter(name -> !spared.contains(name)).toList();
  }

  private int between(int least, int most) {
    return least == most ? least : random.nextInt(least, most);
  }

  private <T> T any(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
