package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.InForce;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Applies documents: all of them when all are right, none when one is wrong. */
@Command(
    name = "apply",
    mixinStandardHelpOptions = true,
    description = "Apply documents (Service, HTTPRoute, TrafficPolicy); nothing when one is wrong.")
public final class ApplyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private Manifests manifests = new Manifests();

  @Option(
      names = "--wait",
      description = "Return when every sidecar that is concerned has the change in force.")
  private boolean await;

  @Mixin private Reason reason = new Reason();

  @Override
  public Integer call() {
    if (manifests.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "say what to apply: -f FILE (or - )");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    ApplyRequest request = manifests.read(System.in).toBuilder().setReason(reason.text()).build();
    return connection.call(
        channel -> {
          ApplyResponse response =
              PolicyServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                  .apply(request);
          PolicyErrors.print(err, "warning", response.getWarningsList());
          if (response.getErrorsCount() > 0) {
            PolicyErrors.print(err, "error", response.getErrorsList());
            err.println("nothing was applied");
            err.flush();
            return 1;
          }
          for (AppliedPolicy applied : response.getResultsList()) {
            out.println(
                Kind.display(applied.getKey())
                    + " "
                    + applied.getAction().name().toLowerCase(Locale.ROOT));
          }
          out.flush();
          return await
              ? InForce.await(
                  channel, "applied", response.getRevision(), connection.timeoutSeconds(), out, err)
              : 0;
        });
  }
}
