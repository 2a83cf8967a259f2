package dev.weft.cli.connection;

import dev.weft.cli.cluster.ClusterException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What a person is told when a command fails. */
public final class Failures {
  /** A failure whose message is all that a person needs. */
  public static final class CommandFailed extends RuntimeException {
    public CommandFailed(String message) {
      super(message, null, false, false);
    }
  }

  private Failures() {}

  public static String describe(Exception failure) {
    if (failure instanceof CommandFailed || failure instanceof ClusterException) {
      return "error: " + failure.getMessage();
    }
    if (failure instanceof StatusRuntimeException refused) {
      Status status = refused.getStatus();
      String description = status.getDescription();
      return "error: the control plane answered "
          + status.getCode()
          + (description == null ? "" : ": " + description);
    }
    // Not foreseen: the trace is what whoever mends it needs.
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    return "error: unexpected: " + trace;
  }
}
