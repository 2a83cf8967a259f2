package dev.weft.cli.install;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the manifests of this version, for a cluster that has another. */
@Command(
    name = "upgrade",
    mixinStandardHelpOptions = true,
    description = {
      "Print the manifests that bring an installation to this version:",
      "  weft upgrade | kubectl apply -f -",
      "Give the overlay that was installed. Pods keep the sidecar that they have until they are restarted."
    })
public final class UpgradeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private InstallOptions options = new InstallOptions();

  @Override
  public Integer call() {
    int status = InstallCommand.print(spec, options, false);
    if (status == 0) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "Pods keep their sidecars until they are restarted: kubectl rollout restart -n NAMESPACE"
              + " deployment");
      err.flush();
    }
    return status;
  }
}
