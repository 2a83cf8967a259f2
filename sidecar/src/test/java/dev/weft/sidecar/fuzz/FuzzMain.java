package dev.weft.sidecar.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code ./weft fuzz}: one target or all, each for a time, with Jazzer in a process of its own. */
public final class FuzzMain {
  private static final int DEFAULT_SECONDS = 60;
  private static final int USAGE = 2;

  private FuzzMain() {}

  /** Ends with 0 when nothing was found, 1 when something was, 2 when it was asked wrongly. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.exit(run(List.of(arguments)));
  }

  private static int run(List<String> arguments) throws IOException, InterruptedException {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      System.out.print(usage());
      return 0;
    }
    int seconds = DEFAULT_SECONDS;
    List<FuzzTargets> targets = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--seconds") && i + 1 < arguments.size()) {
        i++;
        if (!arguments.get(i).matches("[1-9]\\d{0,6}")) {
          return wrong("--seconds is \"" + arguments.get(i) + "\": expected a number from 1");
        }
        seconds = Integer.parseInt(arguments.get(i));
      } else {
        FuzzTargets target =
            Arrays.stream(FuzzTargets.values())
                .filter(one -> one.label().equals(argument))
                .findFirst()
                .orElse(null);
        if (target == null) {
          return wrong("there is no target \"" + argument + "\"; there are " + names());
        }
        targets.add(target);
      }
    }
    boolean found = false;
    for (FuzzTargets target : targets.isEmpty() ? List.of(FuzzTargets.values()) : targets) {
      found |= fuzz(target, seconds);
    }
    return found ? 1 : 0;
  }

  private static boolean fuzz(FuzzTargets target, int seconds)
      throws IOException, InterruptedException {
    Path module = Path.of("").toAbsolutePath();
    Path seeds = target.seeds(module);
    Path work = module.resolve(Path.of("target", "fuzz", target.label()));
    Path corpus = Files.createDirectories(work.resolve("corpus"));
    Path log = work.resolve("log.txt");
    List<Path> before = files(seeds);
    System.out.println(target.label() + ": " + seconds + " s, log in " + log);
    int status =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.type().getName(),
                "--instrumentation_includes=dev.weft.**",
                // Those of Jazzer's own look for bugs of other kinds, and are not made for Netty.
                "--hooks=false",
                "--reproducer_path=" + work,
                "-artifact_prefix=" + seeds + "/",
                "-max_total_time=" + seconds,
                "-max_len=4096",
                corpus.toString(),
                seeds.toString())
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    List<Path> after = files(seeds);
    after.removeAll(before);
    if (status == 0 && after.isEmpty()) {
      System.out.println(target.label() + ": nothing found; " + lastLine(log));
      return false;
    }
    System.out.println(target.label() + ": FOUND something (status " + status + ")");
    try (Stream<String> lines = Files.lines(log)) {
      lines.dropWhile(line -> !line.startsWith("== Java")).limit(12).forEach(System.out::println);
    }
    for (Path input : after) {
      System.out.println("  the input is a seed from now on, and ./weft test runs it: " + input);
    }
    return true;
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.collect(Collectors.toCollection(ArrayList::new));
    }
  }

  private static String lastLine(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "" : lines.getLast();
  }

  private static int wrong(String what) {
    System.err.println("weft fuzz: " + what);
    return USAGE;
  }

  private static String names() {
    return Arrays.stream(FuzzTargets.values())
        .map(FuzzTargets::label)
        .collect(Collectors.joining(", "));
  }

  private static String usage() {
    return """
        Usage: weft fuzz [TARGET ...] [--seconds N]

        Feeds the parsers what Jazzer makes up, and holds what they make of it against an independent
        reading of the same bytes. Each target runs for N seconds (60); without a target, all do.
        What is found becomes a seed in sidecar/src/test/fuzz, and the tests run it from then on.

        Targets: %s
        """
        .formatted(names());
  }
}
