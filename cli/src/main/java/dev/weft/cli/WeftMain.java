package dev.weft.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code weft} command. */
@Command(
    name = "weft",
    description = "A service mesh: control plane, sidecars and what talks to them.",
    subcommands = {VersionCommand.class},
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class)
public final class WeftMain {
  private WeftMain() {}

  /** Runs one command and exits with 0 (done), 1 (refused or failed) or 2 (usage). */
  public static void main(String[] args) {
    System.exit(new CommandLine(new WeftMain()).execute(args));
  }
}
