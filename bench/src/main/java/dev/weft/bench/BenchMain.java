package dev.weft.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code weft bench} command: one subcommand per benchmark. */
@Command(
    name = "weft bench",
    mixinStandardHelpOptions = true,
    description = "Measures the shipped distribution beside its peers, alternately, in one run.",
    subcommands = Http1Bench.class)
public final class BenchMain {
  private BenchMain() {}

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new BenchMain())
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                  command.getErr().println("weft bench: " + failure.getMessage());
                  return 1;
                })
            .execute(args));
  }
}
