package dev.weft.cli.connection;

import dev.weft.cli.cluster.MeshCluster;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster a command talks to. */
public final class Kubeconfig {
  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Reach the control plane in the cluster of this file; also KUBECONFIG.")
  private @Nullable String file;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "A context of the kubeconfig, if not its current one.")
  private @Nullable String context;

  @Option(
      names = "--system-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "weft-system",
      description = "Where the control plane runs; default ${DEFAULT-VALUE}.")
  private String system = "";

  /** Whether somebody wants a cluster: by an option, or by the environment. */
  public boolean wished() {
    String environment = System.getenv("KUBECONFIG");
    return asked() || (environment != null && !environment.isBlank());
  }

  /** Whether somebody asked for a cluster by an option. */
  public boolean asked() {
    return file != null || context != null;
  }

  /** To be closed. */
  public MeshCluster cluster() {
    return MeshCluster.open(file, context, system);
  }
}
