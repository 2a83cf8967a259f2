package dev.weft.sidecar.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.Locality;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In which order places come, as seen from another. */
class NearnessTest {
  private static final List<String> PLACES =
      List.of("us/d/1", "eu/a/2", "eu/b/1", "eu/a/1", "eu/c/1", "//", "ap/e/1");

  @Test
  void subZoneThenZoneThenRegionThenTheRest() {
    assertThat(order(none(), "eu/a/1"))
        .containsExactly("eu/a/1", "eu/a/2", "eu/b/1", "eu/c/1", "us/d/1", "//", "ap/e/1");
    assertThat(priorities(none(), "eu/a/1")).containsExactly(0, 1, 2, 2, 3, 3, 3);
  }

  @Test
  void whatTheCallerDoesNotKnowOfItselfDoesNotCount() {
    assertThat(priorities(none(), "eu/a/")).containsExactly(1, 1, 2, 2, 3, 3, 3);
    assertThat(priorities(none(), "eu//")).containsExactly(2, 2, 2, 2, 3, 3, 3);
    // A zone is known by its name where nobody says in which region it is.
    assertThat(priorities(none(), "/a/2")).containsExactly(0, 1, 3, 3, 3, 3, 3);
    assertThat(priorities(none(), "us/a/2")).containsExactly(2, 3, 3, 3, 3, 3, 3);
  }

  @Test
  void aRuleOrdersWhatIsOutsideOfItsPlace() {
    LocalityConfig rule = rules(rule("eu/a", "eu/c", "us"));
    assertThat(order(rule, "eu/a/1"))
        .containsExactly("eu/a/1", "eu/a/2", "eu/c/1", "us/d/1", "eu/b/1", "//", "ap/e/1");
    // Not for those who are elsewhere.
    assertThat(order(rule, "eu/b/1").subList(0, 2)).containsExactly("eu/b/1", "eu/a/2");
  }

  @Test
  void aRuleForARegionLeavesTheRegionTogether() {
    assertThat(order(rules(rule("eu", "ap", "us")), "eu/a/1"))
        .containsExactly("eu/a/1", "eu/a/2", "eu/b/1", "eu/c/1", "ap/e/1", "us/d/1", "//");
  }

  @Test
  void aRuleForASubZoneOrdersTheRestOfItsZone() {
    assertThat(order(rules(rule("eu/a/1", "eu/b")), "eu/a/1").subList(0, 3))
        .containsExactly("eu/a/1", "eu/b/1", "eu/a/2");
  }

  @Test
  void aRuleForAllKeepsTheOwnZoneFirst() {
    assertThat(order(rules(rule("*", "us")), "eu/a/2").subList(0, 4))
        .containsExactly("eu/a/2", "eu/a/1", "us/d/1", "eu/b/1");
  }

  @Test
  void theFirstRuleDecides() {
    LocalityConfig both = rules(rule("eu/a", "us"), rule("eu", "ap"));
    assertThat(order(both, "eu/a/1").get(2)).isEqualTo("us/d/1");
    assertThat(order(both, "eu/b/1").get(4)).isEqualTo("ap/e/1");
  }

  @Test
  void peopleReadThePlaces() {
    Nearness near = Nearness.of(rules(rule("eu/a", "eu/c", "us")), place("eu/a/1"));
    assertThat(near.priorities()).isEqualTo(6);
    assertThat(List.of(near.name(0), near.name(1), near.name(2), near.name(3), near.name(4)))
        .containsExactly("sub-zone eu/a/1", "zone eu/a", "eu/c", "us", "region eu");
    assertThat(near.name(5)).isEqualTo("elsewhere");
  }

  private static List<String> order(LocalityConfig config, String home) {
    Nearness near = Nearness.of(config, place(home));
    return PLACES.stream()
        .sorted(Comparator.comparingInt(place -> near.priority(place(place))))
        // Where they are alike, as they were.
        .toList();
  }

  private static List<Integer> priorities(LocalityConfig config, String home) {
    Nearness near = Nearness.of(config, place(home));
    return PLACES.stream().map(place -> near.priority(place(place))).sorted().toList();
  }

  private static LocalityConfig none() {
    return rules();
  }

  private static LocalityConfig rules(Failover... rules) {
    return new LocalityConfig(140, List.of(rules));
  }

  private static Failover rule(String from, String... to) {
    return new Failover(match(from), Arrays.stream(to).map(NearnessTest::match).toList());
  }

  private static LocalityMatch match(String text) {
    Locality place = place(text.replace("*", ""));
    return new LocalityMatch(place.region(), place.zone(), place.subZone());
  }

  private static Locality place(String text) {
    String[] parts = (text + "//").split("/", -1);
    return new Locality(parts[0], parts[1], parts[2]);
  }
}
