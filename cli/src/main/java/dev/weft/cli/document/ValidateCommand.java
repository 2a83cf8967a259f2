package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says what {@code apply} would say, and changes nothing. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    description = "Say what apply would say, without applying anything.")
public final class ValidateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private Manifests manifests = new Manifests();

  @Override
  public Integer call() {
    if (manifests.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "say what to validate: -f FILE (or - )");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    ApplyRequest request = manifests.read(System.in);
    ApplyResponse response =
        connection.call(
            channel ->
                PolicyServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .validate(request));
    PolicyErrors.print(err, "warning", response.getWarningsList());
    PolicyErrors.print(err, "error", response.getErrorsList());
    if (response.getErrorsCount() > 0) {
      return 1;
    }
    response
        .getResultsList()
        .forEach(result -> out.println(Kind.display(result.getKey()) + " valid"));
    out.flush();
    return 0;
  }
}
