package dev.weft.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints Weft's version and the JVM's. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Print the version of Weft and of the JVM that runs it.")
final class VersionCommand implements Callable<Integer>, IVersionProvider {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    for (String line : getVersion()) {
      spec.commandLine().getOut().println(line);
    }
    return 0;
  }

  /** As the jar says; empty when classes are run from a build folder. */
  static Optional<String> productVersion() {
    return Optional.ofNullable(VersionCommand.class.getPackage().getImplementationVersion());
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "weft " + productVersion().orElse("from a build folder"), "java " + Runtime.version()
    };
  }
}
