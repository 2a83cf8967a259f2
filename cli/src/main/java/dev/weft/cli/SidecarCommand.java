package dev.weft.cli;

import dev.weft.cli.connection.Failures.CommandFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs the sidecar's own distribution. Normally the start script does so before a JVM runs at all;
 * this is for the help, and for whoever starts the main class by hand.
 */
@Command(
    name = "sidecar",
    description = "Run a sidecar here; 'weft sidecar --help' lists its options.")
final class SidecarCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "OPTION", description = "Its options.")
  private List<String> args = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(script().toString());
    command.addAll(args);
    Process sidecar = new ProcessBuilder(command).inheritIO().start();
    Runtime.getRuntime().addShutdownHook(new Thread(sidecar::destroy));
    return sidecar.waitFor();
  }

  /**
   * The sidecar's start script.
   *
   * @throws CommandFailed when this process was not started from a distribution
   */
  static Path script() {
    String home = System.getProperty("weft.home", "");
    Path script = Path.of(home, "sidecar", "bin", "weft-sidecar");
    if (home.isEmpty() || !Files.isExecutable(script)) {
      throw new CommandFailed(
          "the sidecar's start script is not at "
              + script
              + "; start weft with its script (./weft, or bin/weft of a distribution)");
    }
    return script;
  }
}
