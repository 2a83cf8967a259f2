package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what changed, when, by whom and why. */
@Command(
    name = "history",
    mixinStandardHelpOptions = true,
    description = "What changed, when, by whom and why; the newest first.")
public final class HistoryCommand extends HistoryCall {
  @Mixin private DocumentScope scope = new DocumentScope();

  @Override
  protected Selection selection(Connection to) {
    return scope;
  }
}
