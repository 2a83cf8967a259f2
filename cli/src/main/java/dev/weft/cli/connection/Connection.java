package dev.weft.cli.connection;

import dev.weft.cli.cluster.Causes;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.connection.Failures.CommandFailed;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Which control plane a command talks to, and the one connection that it makes: the one that is
 * named, else the one in the cluster of the kubeconfig, else the one on this machine.
 */
public final class Connection {
  private static final String LOCAL = "127.0.0.1:7700";
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--control-plane",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:WEFT_CONTROL_PLANE:-}",
      description = {
        "The control plane's gRPC address; also WEFT_CONTROL_PLANE.",
        "Default: the cluster's of --kubeconfig or KUBECONFIG, else 127.0.0.1:7700."
      })
  private @Nullable String given;

  @Option(
      names = "--control-plane-ca",
      paramLabel = "FILE",
      description = "TLS to --control-plane: who signs its certificate, PEM.")
  private @Nullable File ca;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Bearer token to show to --control-plane; needs --control-plane-ca.")
  private @Nullable Path token;

  @Mixin private Kubeconfig kubeconfig = new Kubeconfig();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "How long to wait for an answer; default ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  private @Nullable MeshCluster cluster;

  /** Where the control plane is, for people. */
  public String address() {
    MeshCluster in = cluster;
    return in == null ? local() : in.shown();
  }

  private String local() {
    return given == null || given.isBlank() ? LOCAL : given;
  }

  /** Whether the control plane of a cluster is meant. */
  public boolean inCluster() {
    boolean named = given != null && !given.isBlank();
    if (named && kubeconfig.asked()) {
      throw new ParameterException(
          spec.commandLine(),
          "--control-plane names one control plane and --kubeconfig another: give one of them");
    }
    return !named && kubeconfig.wished();
  }

  /** The cluster's options. */
  public Kubeconfig kubeconfig() {
    return kubeconfig;
  }

  public int timeoutSeconds() {
    return timeoutSeconds;
  }

  /**
   * Connects, calls and disconnects.
   *
   * @throws CommandFailed when the control plane cannot be reached or does not answer in time
   */
  public <T> T call(Function<ManagedChannel, T> call) {
    try (MeshCluster in = inCluster() ? kubeconfig.cluster() : null) {
      cluster = in;
      ManagedChannel channel =
          (in == null ? direct() : in.controlPlane())
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .keepAliveTime(30, TimeUnit.SECONDS)
              .build();
      try {
        return call.apply(channel);
      } catch (StatusRuntimeException e) {
        throw explained(e, in == null ? "" : in.forwardProblem());
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private ManagedChannelBuilder<?> direct() {
    String address = local();
    int colon = address.lastIndexOf(':');
    int port = -1;
    try {
      port = Integer.parseInt(address.substring(colon + 1));
    } catch (NumberFormatException e) {
      // Falls through to the message below.
    }
    if (colon <= 0 || port < 1 || port > 65535) {
      throw new ParameterException(
          spec.commandLine(),
          "--control-plane '" + address + "' is not HOST:PORT, for example 127.0.0.1:7700");
    }
    String host = address.substring(0, colon).replaceAll("^\\[|]$", "");
    ManagedChannelBuilder<?> builder = Grpc.newChannelBuilderForAddress(host, port, credentials());
    return token == null ? builder : builder.intercept(MeshCluster.bearer(readToken(token)));
  }

  private ChannelCredentials credentials() {
    if (ca == null) {
      if (token != null) {
        throw new ParameterException(
            spec.commandLine(), "--token-file is given without --control-plane-ca");
      }
      return InsecureChannelCredentials.create();
    }
    try {
      return TlsChannelCredentials.newBuilder().trustManager(ca).build();
    } catch (IOException e) {
      throw new CommandFailed("--control-plane-ca " + ca + " cannot be read: " + e.getMessage());
    }
  }

  private static String readToken(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new CommandFailed("--token-file " + file + " cannot be read: " + e.getMessage());
    }
  }

  private RuntimeException explained(StatusRuntimeException e, String forwardProblem) {
    Status status = e.getStatus();
    String address = address();
    if (status.getCode() == Status.Code.UNAVAILABLE && !forwardProblem.isEmpty()) {
      return new CommandFailed(
          "the API server forwards nothing to " + address + ": " + forwardProblem);
    }
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      String reason = e.getCause() == null ? status.getDescription() : Causes.deepest(e);
      return new CommandFailed(
          "no control plane answers at "
              + address
              + (reason == null ? "" : " (" + reason + ")")
              + "\n"
              + "  Start one with 'weft control-plane', or name another with --control-plane"
              + " HOST:PORT or WEFT_CONTROL_PLANE.");
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return new CommandFailed(
          "the control plane at "
              + address
              + " did not answer within "
              + timeoutSeconds
              + " s. Try again, or wait longer with --timeout SECONDS.");
    }
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      return new CommandFailed(
          "what answers at "
              + address
              + " does not have this call: it is no Weft control plane, or an older one ("
              + status.getDescription()
              + ")");
    }
    return e;
  }
}
