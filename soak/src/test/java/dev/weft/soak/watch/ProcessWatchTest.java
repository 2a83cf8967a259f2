package dev.weft.soak.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.soak.watch.ProcessWatch.Life;
import dev.weft.soak.watch.ProcessWatch.Watched;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
final class ProcessWatchTest {
  @Test
  void readsWhatTheKernelSaysAndPassesOverWhatHasGone() {
    var self = new Watched("self", ProcessHandle.current().pid());
    var gone = new Watched("gone", Integer.MAX_VALUE);
    try (var watch = new ProcessWatch(() -> List.of(gone, self))) {
      await().until(() -> !watch.lives().isEmpty());

      Life life = watch.lives().getFirst();
      assertThat(life.process()).isEqualTo(self);
      Sample sample = life.samples().getFirst();
      assertThat(sample.memoryKiB()).isGreaterThan(10_000);
      assertThat(sample.descriptors()).isPositive();
      assertThat(sample.threads()).isPositive();
      assertThat(sample.cpuMillis()).isPositive();
    }
  }
}
