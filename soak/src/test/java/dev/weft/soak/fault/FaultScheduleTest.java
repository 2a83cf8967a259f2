package dev.weft.soak.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class FaultScheduleTest {
  private static final int KINDS = FaultKind.values().length;
  private static final MeshPlan PLAN =
      new MeshPlan(
          List.of("control-plane-0", "control-plane-1"),
          List.of(
              new MeshPlan.Service("frontend", List.of("frontend-a", "frontend-b")),
              new MeshPlan.Service("callee", List.of("callee-a", "callee-b", "callee-c"))),
          List.of("edge-a", "edge-b"),
          List.of("eu-a", "eu-b"),
          List.of("to callee-a", "to control-plane-0"),
          "soak.setting");

  private static List<Fault> faults(long seed, int count) {
    FaultSchedule schedule = new FaultSchedule(seed, PLAN);
    return Stream.generate(schedule::next).limit(count).toList();
  }

  @Test
  void theSameSeedGivesTheSameFaults() {
    assertThat(faults(7, 10 * KINDS)).isEqualTo(faults(7, 10 * KINDS));
    assertThat(new FaultSchedule(7, PLAN).spared()).isEqualTo(new FaultSchedule(7, PLAN).spared());
  }

  @Test
  void anotherSeedGivesOthers() {
    assertThat(faults(7, KINDS)).isNotEqualTo(faults(8, KINDS));
  }

  @Test
  void everyRoundHasEveryKindOnce() {
    List<Fault> all = faults(3, 5 * KINDS);

    for (int round = 0; round < 5; round++) {
      assertThat(all.subList(round * KINDS, (round + 1) * KINDS))
          .extracting(Fault::kind)
          .containsExactlyInAnyOrder(FaultKind.values());
    }
    assertThat(all).extracting(Fault::number).startsWith(1, 2, 3).endsWith(5 * KINDS);
  }

  @Test
  void whatIsSparedIsNeverKilledAndIsOneOfEachSort() {
    for (long seed = 0; seed < 50; seed++) {
      FaultSchedule schedule = new FaultSchedule(seed, PLAN);
      Set<String> spared = schedule.spared();

      assertThat(spared).hasSize(4);
      assertThat(Stream.generate(schedule::next).limit(4L * KINDS))
          .filteredOn(
              fault ->
                  switch (fault.kind()) {
                    case REPLICA_KILLED,
                        REPLICAS_ROLLED,
                        APP_KILLED,
                        SIDECAR_KILLED,
                        INSTANCE_RESTARTED ->
                        true;
                    default -> false;
                  })
          .allSatisfy(
              fault -> assertThat(fault.target().split(", ")).doesNotContainAnyElementsOf(spared));
    }
  }

  @Test
  void aLinkIsSilencedBothWaysAndDocumentsOfEachServiceAreRolledBack() {
    List<Fault> all = faults(5, 20 * KINDS);

    assertThat(all)
        .filteredOn(fault -> fault.kind() == FaultKind.LINK_ONE_WAY)
        .extracting(Fault::back)
        .contains(true, false);
    assertThat(all)
        .filteredOn(fault -> fault.kind() == FaultKind.POLICY_ROLLED_BACK)
        .extracting(Fault::target)
        .contains("frontend", "callee");
    assertThat(all)
        .filteredOn(fault -> fault.kind() == FaultKind.CONFIG_RELEASED)
        .extracting(Fault::target)
        .containsOnly("soak.setting");
  }

  @Test
  void faultsEndBeforeAnInstanceThatIsSilentWouldBeRemoved() {
    assertThat(faults(11, 20 * KINDS))
        .filteredOn(
            fault ->
                fault.kind() == FaultKind.LINK_SILENT
                    || fault.kind() == FaultKind.LINK_ONE_WAY
                    || fault.kind() == FaultKind.LINK_TRICKLES)
        .extracting(Fault::lasts)
        .allSatisfy(lasts -> assertThat(lasts).isLessThan(Duration.ofSeconds(10)));
  }
}
