package dev.weft.cli.connection;

import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.AwaitSyncResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** Waits until a change is in force everywhere, and says so. */
public final class InForce {
  private InForce() {}

  /**
   * Returns the exit code: 0 when every sidecar that is concerned has it.
   *
   * @param done what has been done, e.g. "applied"
   */
  public static int await(
      ManagedChannel channel,
      String done,
      long revision,
      int timeoutSeconds,
      PrintWriter out,
      PrintWriter err) {
    long timeoutMillis = TimeUnit.SECONDS.toMillis(timeoutSeconds);
    AwaitSyncResponse sync =
        MeshServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(timeoutMillis + 5000, TimeUnit.MILLISECONDS)
            .awaitSync(
                AwaitSyncRequest.newBuilder()
                    .setRevision(revision)
                    .setTimeoutMillis(timeoutMillis)
                    .build());
    if (sync.getSynced()) {
      out.println("in force everywhere (revision " + revision + ")");
      out.flush();
      return 0;
    }
    err.println(
        "error: "
            + done
            + ", but not yet in force after "
            + timeoutSeconds
            + " s at: "
            + String.join(", ", sync.getPendingNodesList())
            + "\n  See 'weft proxy-status' for the reason.");
    err.flush();
    return 1;
  }
}
