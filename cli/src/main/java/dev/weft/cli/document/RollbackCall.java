package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.InForce;
import dev.weft.cli.output.Output;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.policy.v1.RollbackResponse;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the documents that its command is about what they were, by a new change. */
public abstract class RollbackCall implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "REV",
      description = "The revision at which they were right, as 'weft history' has it.")
  private long revision;

  @Mixin private Reason reason = new Reason();

  @Option(names = "--dry-run", description = "Only say what would be done.")
  private boolean dryRun;

  @Option(
      names = "--wait",
      description = "Return when every sidecar that is concerned has the change in force.")
  private boolean await;

  @Mixin private Output output = new Output();

  /** Which documents. */
  protected abstract Selection selection(Connection to);

  @Override
  public Integer call() {
    Selection scope = selection(connection);
    RollbackRequest request =
        RollbackRequest.newBuilder()
            .setKind(scope.kind())
            .setNamespace(scope.namespace())
            .setName(scope.name())
            .setToRevision(revision)
            .setReason(reason.text())
            .setDryRun(dryRun)
            .build();
    return connection.call(
        channel ->
            say(
                channel,
                scope,
                PolicyServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .rollback(request)));
  }

  private int say(ManagedChannel channel, Selection scope, RollbackResponse response) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    PolicyErrors.print(err, "warning", response.getWarningsList());
    response
        .getLeftList()
        .forEach(
            left ->
                err.println(
                    "warning: left as it is: "
                        + Kind.display(left.getKey())
                        + " "
                        + left.getWhy()));
    PolicyErrors.print(err, "error", response.getErrorsList());
    output.print(
        response,
        out,
        () -> response.getResultsList().forEach(result -> out.println(line(result))));
    boolean changed = !dryRun && response.getResultsCount() > 0;
    if (response.getErrorsCount() > 0) {
      err.println("nothing was rolled back");
    } else if (changed) {
      err.println(
          "rolled back to revision "
              + revision
              + ", by revision "
              + response.getRevision()
              + "; back again: weft rollback"
              + scope.arguments()
              + " --to "
              + (response.getRevision() - 1));
    } else if (response.getResultsCount() == 0) {
      err.println("nothing differs from revision " + revision + ": " + scope.shown());
    }
    err.flush();
    out.flush();
    if (response.getErrorsCount() > 0) {
      return 1;
    }
    return changed && await
        ? InForce.await(
            channel, "rolled back", response.getRevision(), connection.timeoutSeconds(), out, err)
        : 0;
  }

  private String line(AppliedPolicy result) {
    return Kind.display(result.getKey())
        + " "
        + result.getAction().name().toLowerCase(Locale.ROOT)
        + (dryRun ? " (dry run)" : "");
  }
}
