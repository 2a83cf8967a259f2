package dev.weft.sidecar.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.proto.discovery.v1.ResourceName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubscriptionsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long IDLE = 600 * SECOND;

  private final Subscriptions subscriptions = new Subscriptions(3, IDLE);
  private final Set<ResourceName> found = new HashSet<>();
  private final List<ResourceName> dropped = new ArrayList<>();

  @Test
  void whatNothingUsesFallsOutAndWhatIsDeclaredStays() {
    subscriptions.pin(host("declared"));
    demand("used", 0);
    demand("unused", 0);
    subscriptions.takeSubscribes();

    assertThat(subscriptions.sweep(IDLE, host("used")::equals)).isEmpty();
    assertThat(subscriptions.sweep(IDLE + SECOND, name -> false)).containsExactly(host("unused"));
    assertThat(subscriptions.takeUnsubscribes()).containsExactly(host("unused"));
    assertThat(subscriptions.all()).containsExactly(host("declared"), host("used"));
  }

  @Test
  void theLeastRecentlyUsedUnknownHostMakesRoomFirst() {
    demand("known", 0);
    found.add(host("known"));
    demand("typo-1", SECOND);
    demand("typo-2", 2 * SECOND);

    assertThat(demand("new", 100 * SECOND)).isEqualTo(Subscriptions.Outcome.ADDED);
    assertThat(dropped).containsExactly(host("typo-1"));
  }

  @Test
  void aKnownHostMakesRoomOnlyWhenItHasBeenIdleAndCouldComeBack() {
    for (String name : List.of("a", "b", "c")) {
      demand(name, 0);
      found.add(host(name));
    }

    assertThat(demand("d", 20 * SECOND)).isEqualTo(Subscriptions.Outcome.FULL);
    assertThat(demand("d", 40 * SECOND, false)).isEqualTo(Subscriptions.Outcome.FULL);
    assertThat(demand("d", 40 * SECOND)).isEqualTo(Subscriptions.Outcome.ADDED);
    assertThat(dropped).hasSize(1);
  }

  @Test
  void whatWasNeverSaidIsNotTakenBack() {
    demand("a", 0);
    assertThat(subscriptions.sweep(2 * IDLE, name -> false)).containsExactly(host("a"));

    assertThat(subscriptions.hasNews()).isFalse();
  }

  @Test
  void aSecondDemandChangesNothing() {
    demand("a", 0);
    subscriptions.takeSubscribes();

    assertThat(demand("a", SECOND)).isEqualTo(Subscriptions.Outcome.KNOWN);
    assertThat(subscriptions.hasNews()).isFalse();
  }

  private Subscriptions.Outcome demand(String authority, long now) {
    return demand(authority, now, true);
  }

  private Subscriptions.Outcome demand(String authority, long now, boolean connected) {
    return subscriptions.demand(host(authority), now, found::contains, connected, dropped::add);
  }

  private static ResourceName host(String authority) {
    return Names.virtualHost("default/" + authority);
  }
}
