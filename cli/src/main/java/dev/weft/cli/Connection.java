package dev.weft.cli;

import dev.weft.cli.Failures.CommandFailed;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which control plane a command talks to, and the one connection that it makes. */
final class Connection {
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--control-plane",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:WEFT_CONTROL_PLANE:-127.0.0.1:7700}",
      description = {
        "The control plane's gRPC address.",
        "Also WEFT_CONTROL_PLANE; default 127.0.0.1:7700."
      })
  private String address = "";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "How long to wait for an answer; default ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  String address() {
    return address;
  }

  int timeoutSeconds() {
    return timeoutSeconds;
  }

  /**
   * Connects, calls and disconnects.
   *
   * @throws CommandFailed when the control plane cannot be reached or does not answer in time
   */
  <T> T call(Function<ManagedChannel, T> call) {
    ManagedChannel channel = open();
    try {
      return call.apply(channel);
    } catch (StatusRuntimeException e) {
      throw explained(e);
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel open() {
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
    return Grpc.newChannelBuilderForAddress(host, port, InsecureChannelCredentials.create())
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .build();
  }

  private RuntimeException explained(StatusRuntimeException e) {
    Status status = e.getStatus();
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      Throwable root = e;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      String reason = e.getCause() == null ? status.getDescription() : root.getMessage();
      return new CommandFailed(
          "no control plane answers at "
              + address
              + (reason == null ? "" : " (" + reason + ")")
              + "\n  Start one with 'weft control-plane', or name another with --control-plane HOST:PORT or"
              + " WEFT_CONTROL_PLANE.");
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
