package dev.weft.cli.registry;

import dev.weft.cli.connection.Connection;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RecoverRequest.Action;
import dev.weft.proto.registry.v1.RecoverResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what is to become of what the store has lost. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = {
      "Write back what the store has lost and the control plane still knows.",
      "When the store is emptied, set back, or loses much at once, nothing of it is believed gone:"
          + " it stays in force, with an alarm, until this command says what is meant."
    })
final class RestoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = "--accept",
      description = "The store is right: what it has lost is gone, what it shows again is meant.")
  private boolean accept;

  @Option(names = "--dry-run", description = "Only show what the store has lost.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Action action = dryRun ? Action.SHOW : accept ? Action.ACCEPT : Action.RESTORE;
    RecoverResponse response =
        connection.call(
            channel ->
                RegistryServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                    .recover(RecoverRequest.newBuilder().setAction(action).build()));
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    int status = 0;
    if (response.getWithheld() == 0) {
      err.println(
          "nothing is withheld at this control plane"
              + (action == Action.SHOW ? "" : "; the others were told, too"));
    } else if (action == Action.SHOW) {
      err.println(response.getLoss());
      response.getKeysList().forEach(out::println);
      int more = response.getWithheld() - response.getKeysCount();
      if (more > 0) {
        err.println("and " + more + " more");
      }
    } else if (response.getRemaining() > 0) {
      err.println(
          response.getRemaining()
              + " of "
              + response.getWithheld()
              + " keys are still withheld: see the control plane's log, then say it again");
      status = 1;
    } else {
      out.println(
          (accept ? "accepted" : "restored")
              + " "
              + response.getWithheld()
              + (response.getWithheld() == 1 ? " key" : " keys")
              + " at revision "
              + response.getRevision());
    }
    out.flush();
    err.flush();
    return status;
  }
}
