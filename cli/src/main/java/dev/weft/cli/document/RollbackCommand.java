package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Makes documents what they were, by a new change. */
@Command(
    name = "rollback",
    mixinStandardHelpOptions = true,
    description = {
      "Make documents what they were at a revision: forward, by a new change, all at once or none.",
      "What was created since is deleted. See 'weft history' and 'weft diff' first."
    })
public final class RollbackCommand extends RollbackCall {
  @Mixin private DocumentScope scope = new DocumentScope();

  @Override
  protected Selection selection(Connection to) {
    return scope;
  }
}
