package dev.weft.dist;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Three minutes of {@code ./weft soak} on the distribution that has just been built. */
class SoakTest {
  @Test
  void threeMinutesOfFaultsCostNoRequestAndLeaveNothingGrown() throws Exception {
    // Always the same faults: a run that fails can be had again.
    SoakProcess.passes(Path.of("target", "soak.log"), "--minutes", "3", "--seed", "1");
  }
}
