package dev.weft.cli.install;

import dev.weft.cli.cluster.Installation;
import dev.weft.cli.cluster.MeshCluster;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the manifests of this version, for a cluster that has another. */
@Command(
    name = "upgrade",
    mixinStandardHelpOptions = true,
    description = {
      "Print the manifests that bring an installation to this version:",
      "  weft upgrade | kubectl apply -f -",
      "Looks at the cluster first, and keeps the overlay, the images' repository and what the ConfigMap"
          + " weft-injector says. Pods keep the sidecar that they have until they are restarted."
    })
public final class UpgradeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private InstallOptions options = new InstallOptions();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Of the cluster; also KUBECONFIG, else ~/.kube/config.")
  private @Nullable String kubeconfig;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "A context of the kubeconfig, if not its current one.")
  private @Nullable String context;

  @Option(
      names = "--reset-settings",
      description = "Look at no cluster; print what weft install does, with every setting anew.")
  private boolean reset;

  @Override
  public Integer call() {
    return reset ? printAnew() : print(installation());
  }

  private Installation installation() {
    try (MeshCluster cluster = MeshCluster.open(kubeconfig, context, "weft-system")) {
      return Installation.of(cluster);
    }
  }

  private int printAnew() {
    int status = InstallCommand.print(spec, options, false);
    if (status == 0) {
      sayWhatRemains();
    }
    return status;
  }

  /** Prints what upgrades this installation; 0 if that went well. */
  int print(Installation found) {
    PrintWriter err = spec.commandLine().getErr();
    InstallOptions kept = options.over(found.image(), found.etcd());
    try {
      InstallCommand.print(
          spec,
          kept.objects().stream()
              .map(
                  object ->
                      KeptInjection.concerns(object)
                          ? KeptInjection.in(
                              kept.text(object), found.injection(), options.namesRepository())
                          : kept.text(object)));
    } catch (InstallFailed e) {
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
    err.println(
        "Keeps the overlay "
            + kept.overlay()
            + " and the settings of the ConfigMap weft-injector.");
    if (!KeptInjection.replacesImage(found.injection())) {
      err.println(
          "warning: the image in it has a name of its own and stays; it should be of this version");
    }
    sayWhatRemains();
    return 0;
  }

  private void sayWhatRemains() {
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "Pods keep their sidecars until they are restarted: kubectl rollout restart -n NAMESPACE"
            + " deployment");
    err.flush();
  }
}
