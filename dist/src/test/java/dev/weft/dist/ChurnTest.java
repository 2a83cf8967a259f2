package dev.weft.dist;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Half a minute of {@code ./weft soak churn} on the distribution that has just been built. */
class ChurnTest {
  @Test
  @Tag("long")
  void instancesThatComeAndGoAreSeenByAllAndLeaveTheControlPlanesEqual() throws Exception {
    SoakProcess.passes(
        Path.of("target", "churn.log"),
        "churn",
        "--services",
        "100",
        "--instances",
        "1000",
        "--rate",
        "20",
        "--requests",
        "50",
        "--minutes",
        "0.5",
        "--seed",
        "1");
  }
}
