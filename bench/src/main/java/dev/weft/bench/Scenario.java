package dev.weft.bench;

import dev.weft.bench.load.Load;
import java.io.IOException;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * One bench in which every contender is loaded as much as it takes.
 *
 * @param title for people
 * @param contenders in the order in which they are loaded
 * @param origin the port of the origin
 * @param megabytes of a request's or its answer's body, when bytes are what counts; else 0
 */
record Scenario(
    String name,
    String title,
    Way way,
    List<String> contenders,
    ToIntFunction<Run> origin,
    Loads loads,
    String cpuMeasure,
    int megabytes) {

  /** Sets the generator up. */
  interface Loads {
    Load in(Run run) throws IOException;
  }
}
