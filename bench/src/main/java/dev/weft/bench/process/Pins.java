package dev.weft.bench.process;

import java.io.IOException;
import java.util.List;

/** Which processor does what: contenders have one for themselves, everything else is on another. */
public final class Pins {
  public static final String PROXY = "0";
  public static final String LOAD = "1";
  public static final String BOTH = "0,1";

  private Pins() {}

  /**
   * Pins this process, so that it takes nothing of the contenders' processor.
   *
   * @throws IOException when {@code taskset} is missing or refuses
   */
  public static void pinSelf() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of("taskset", "-acp", LOAD, Long.toString(ProcessHandle.current().pid())))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("taskset cannot pin this process: are there two processors?");
    }
  }
}
