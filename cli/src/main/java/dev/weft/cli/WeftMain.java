package dev.weft.cli;

import dev.weft.cli.connection.Failures;
import dev.weft.cli.demo.DemoCommand;
import dev.weft.cli.demo.TrainCommand;
import dev.weft.cli.document.ApplyCommand;
import dev.weft.cli.document.DeleteCommand;
import dev.weft.cli.document.DiffCommand;
import dev.weft.cli.document.GetCommand;
import dev.weft.cli.document.HistoryCommand;
import dev.weft.cli.document.RollbackCommand;
import dev.weft.cli.document.ValidateCommand;
import dev.weft.cli.entry.ConfigEntryCommand;
import dev.weft.cli.forward.PortForwardCommand;
import dev.weft.cli.images.ImagesCommand;
import dev.weft.cli.install.InstallCommand;
import dev.weft.cli.install.UninstallCommand;
import dev.weft.cli.install.UpgradeCommand;
import dev.weft.cli.registry.RegistryCommand;
import java.io.PrintWriter;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code weft} command: exits with 0 when done, 1 when refused or failed, 2 when misused. */
@Command(
    name = "weft",
    description = "A service mesh: control plane, sidecars and the tools to steer them.",
    subcommands = {
      DemoCommand.class,
      ControlPlaneCommand.class,
      SidecarCommand.class,
      ApplyCommand.class,
      ValidateCommand.class,
      DeleteCommand.class,
      GetCommand.class,
      HistoryCommand.class,
      DiffCommand.class,
      RollbackCommand.class,
      ConfigEntryCommand.class,
      RegistryCommand.class,
      ProxyStatusCommand.class,
      CheckCommand.class,
      InjectCommand.class,
      ConfigCommand.class,
      InstallCommand.class,
      UpgradeCommand.class,
      UninstallCommand.class,
      ImagesCommand.class,
      LogsCommand.class,
      PortForwardCommand.class,
      TrainCommand.class,
      VersionCommand.class,
      CommandLine.HelpCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class)
public final class WeftMain {
  private WeftMain() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  /** Runs one command in this process, for {@link #main} and for tests. */
  static int run(String... args) {
    return commandLine().execute(args);
  }

  /** The command line with its error handling, so that a test can set its writers. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new WeftMain());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler(
        (failure, failed, parsed) -> {
          PrintWriter err = failed.getErr();
          err.println(Failures.describe(failure));
          err.flush();
          return 1;
        });
    // What follows these two names is theirs to parse.
    for (String passedOn : new String[] {"control-plane", "sidecar"}) {
      Objects.requireNonNull(commandLine.getSubcommands().get(passedOn))
          .setUnmatchedOptionsArePositionalParams(true)
          .setStopAtPositional(true);
    }
    return commandLine;
  }
}
