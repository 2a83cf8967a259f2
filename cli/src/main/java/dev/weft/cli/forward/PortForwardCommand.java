package dev.weft.cli.forward;

import dev.weft.cli.cluster.ControlPlanePort;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.connection.Kubeconfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Keeps a port of this machine that leads to the control plane of a cluster. */
@Command(
    name = "port-forward",
    mixinStandardHelpOptions = true,
    description = {
      "Forward a port of 127.0.0.1 to the control plane in Kubernetes, until interrupted, for grpcurl"
          + " or any gRPC client.",
      "Prints the command line of grpcurl to standard output, and what happens to standard error."
    })
public final class PortForwardCommand implements Callable<Integer> {
  private static final int MAX_PORT = 65_535;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Kubeconfig kubeconfig = new Kubeconfig();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "The port of 127.0.0.1; default: one that is free.")
  private int port;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description = {
        "Where to write who signs the control plane's certificate, PEM.",
        "Default: a temporary file, which is deleted at the end."
      })
  private @Nullable Path caFile;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description =
          "How long to wait for the control plane's first answer; default ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Override
  public Integer call() throws IOException {
    if (port < 0 || port > MAX_PORT) {
      throw new ParameterException(
          spec.commandLine(), "--port " + port + " is no port: 1 to " + MAX_PORT + ", or 0");
    }
    try (MeshCluster cluster = kubeconfig.cluster();
        ControlPlanePort local = ControlPlanePort.open(cluster, port, new Notes())) {
      Path file = written(local.verify(timeoutSeconds));
      try {
        print(cluster, local, file);
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        // That is how it ends.
      } finally {
        if (caFile == null) {
          Files.deleteIfExists(file);
        }
      }
      return 0;
    }
  }

  private Path written(String trusted) {
    Path file = caFile;
    try {
      if (file == null) {
        file = Files.createTempFile("weft-ca-", ".crt");
        // A signal ends the process without a finally.
        file.toFile().deleteOnExit();
      }
      return Files.writeString(file, trusted).toAbsolutePath();
    } catch (IOException e) {
      throw new CommandFailed(
          "the control plane's authority cannot be written to "
              + (file == null ? "a temporary file" : "--ca-file " + file)
              + ": "
              + e
              + "; name a file that can be written with --ca-file FILE");
    }
  }

  private void print(MeshCluster cluster, ControlPlanePort local, Path file) {
    var grpcurl = new Grpcurl(local.address(), cluster.serverName(), file, cluster.user());
    note(local.address() + " leads to " + cluster.shown() + " until this is interrupted (Ctrl-C)");
    note(
        "its certificate is that of "
            + cluster.serverName()
            + ", signed by "
            + file
            + (caFile == null ? ", which is deleted at the end" : ""));
    note(
        "the command calls "
            + grpcurl.identity()
            + "; in the place of list put what you want, as in"
            + " weft.mesh.v1.MeshService/ListNodes");
    PrintWriter out = spec.commandLine().getOut();
    out.println(grpcurl.command());
    out.flush();
  }

  /** Beside the command line, which is to be pasted as it is. */
  private void note(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(text);
    err.flush();
  }

  /** Tells what becomes of connections, from their threads. */
  private final class Notes implements ControlPlanePort.Events {
    @Override
    public void leadsTo(String pod) {
      note("connections go to the pod " + pod);
    }

    @Override
    public void failed(String problem) {
      note("error: " + problem);
    }
  }
}
