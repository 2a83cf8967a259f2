package dev.weft.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import org.junit.jupiter.api.Test;

/** That the tests of this module are guarded, which none of them would notice. */
final class LeakDetectionTest {
  @Test
  void itIsParanoidAndEveryClassEndsWithTheGate() {
    assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    assertThat(ResourceLeakDetectorFactory.instance().getClass().getName())
        .startsWith("dev.weft.testkit.LeakGate$");
  }
}
