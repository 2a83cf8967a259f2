package dev.weft.bench.load;

import dev.weft.bench.process.Pins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Runs a generator, pinned to the load's processor, to its end. */
final class Generator {
  private Generator() {}

  static String run(List<String> program) throws IOException, InterruptedException {
    var command = new ArrayList<String>(List.of("taskset", "-c", Pins.LOAD));
    command.addAll(program);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
