package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.registry.TestMesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The first change of a burst goes at once, the rest together. */
class ChangeBatchTest {
  private final TestMesh mesh = new TestMesh();
  private final ManualLoop loop = new ManualLoop();
  private final List<Long> applied = new ArrayList<>();
  private final ChangeBatch batch =
      new ChangeBatch(
          loop, DiscoveryOptions.DEFAULT, (change, _) -> applied.add(change.view().revision()));

  @Test
  void aSingleChangeGoesAtOnce() {
    change();
    assertThat(applied).containsExactly(1L);

    pass(1_000);
    change();
    assertThat(applied).containsExactly(1L, 2L);
  }

  @Test
  void theRestOfABurstGoesTogetherWhenItPauses() {
    for (int i = 0; i < 50; i++) {
      change();
    }
    pass(9);
    assertThat(applied).containsExactly(1L);
    pass(1);
    assertThat(applied).containsExactly(1L, 50L);
  }

  @Test
  void aBurstThatDoesNotPauseIsNotHeldUpForever() {
    change();
    for (int i = 0; i < 40; i++) {
      pass(5);
      change();
    }
    pass(100);

    // 200 ms of changes, 5 ms apart: at once, then after 100 ms each, then what was left.
    assertThat(applied).containsExactly(1L, 21L, 41L);
  }

  @Test
  void afterABatchTheBurstGoesOnUntilItIsQuiet() {
    change();
    change();
    pass(10);
    assertThat(applied).containsExactly(1L, 2L);
    pass(5);
    change();
    assertThat(applied).containsExactly(1L, 2L);
    pass(10);
    assertThat(applied).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aChangeThatSomebodyWaitsForGoesSooner() {
    change();
    pass(1);
    change();
    batch.hurry(2);
    assertThat(applied).containsExactly(1L);
    pass(1);
    assertThat(applied).containsExactly(1L, 2L);
  }

  @Test
  void whoWaitsForAChangeThatIsStillToComeHurriesItToo() {
    change();
    pass(5);
    batch.hurry(2);
    change();
    pass(0);
    assertThat(applied).containsExactly(1L, 2L);
  }

  @Test
  void aRevisionWithoutAnyChangeOpensNoBurst() {
    change();
    pass(100);
    batch.add(mesh.commit(), loop.nanoTime());
    change();
    assertThat(applied).containsExactly(1L, 2L, 3L);
  }

  private void change() {
    mesh.put(instance("catalog", "catalog-" + mesh.nextRevision()));
    batch.add(mesh.commit(), loop.nanoTime());
  }

  private void pass(int millis) {
    loop.pass(Duration.ofMillis(millis));
  }
}
