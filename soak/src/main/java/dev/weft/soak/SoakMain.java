package dev.weft.soak;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code weft soak} command: one subcommand per run. */
@Command(
    name = "weft soak",
    mixinStandardHelpOptions = true,
    description = "Runs the shipped distribution under load for long, and counts what fails.",
    subcommands = RolloutCommand.class)
public final class SoakMain {
  private SoakMain() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new SoakMain()).execute(args));
  }
}
