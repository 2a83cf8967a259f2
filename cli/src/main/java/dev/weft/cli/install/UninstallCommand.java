package dev.weft.cli.install;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what an installation consists of, in the order in which it can be deleted. */
@Command(
    name = "uninstall",
    mixinStandardHelpOptions = true,
    description = {
      "Print the objects of an installation, the last one first:",
      "  weft uninstall | kubectl delete --ignore-not-found -f -",
      "Policies of Weft's kinds go with their definition. Take namespaces out of the mesh and restart their pods"
          + " first: their sidecars go on with what they know, and hear of no change."
    })
public final class UninstallCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private InstallOptions options = new InstallOptions();

  @Override
  public Integer call() {
    return InstallCommand.print(spec, options, true);
  }
}
