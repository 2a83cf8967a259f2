package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.HistoryResponse;
import dev.weft.proto.policy.v1.PolicyChange;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what changed, when, by whom and why, of the documents that its command is about. */
public abstract class HistoryCall implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "The newest N; 0: all that is kept; default ${DEFAULT-VALUE}.")
  private int limit;

  @Mixin private Output output = new Output();

  /** Which documents. */
  protected abstract Selection selection(Connection to);

  @Override
  public Integer call() {
    Selection scope = selection(connection);
    HistoryRequest request =
        HistoryRequest.newBuilder()
            .setKind(scope.kind())
            .setNamespace(scope.namespace())
            .setName(scope.name())
            .setLimit(limit)
            .build();
    HistoryResponse history =
        connection.call(
            channel ->
                PolicyServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .history(request));
    PrintWriter out = spec.commandLine().getOut();
    output.print(history, out, () -> print(history, scope, out));
    return 0;
  }

  private void print(HistoryResponse history, Selection scope, PrintWriter out) {
    PrintWriter err = spec.commandLine().getErr();
    if (history.getChangesCount() == 0) {
      err.println("no change is known of " + scope.shown());
      err.flush();
      return;
    }
    Table table = new Table("REVISION", "TIME", "CHANGE", "OBJECT", "BY", "REASON");
    for (PolicyChange change : history.getChangesList()) {
      table.row(
          change.getRevision() + (change.getCurrent() ? " *" : ""),
          Times.time(change.getAtMillis()),
          change.getAction().name().toLowerCase(Locale.ROOT),
          Kind.display(change.getKey()),
          by(change),
          change.getReason());
    }
    table.print(out);
    if (history.getTruncated()) {
      err.println("these are the newest " + limit + "; all: --limit 0");
      err.flush();
    }
  }

  /** Whoever wrote it, where that is known, else the source that owns it. */
  private static String by(PolicyChange change) {
    return change.getBy().isEmpty() ? change.getSource() : change.getBy();
  }
}
