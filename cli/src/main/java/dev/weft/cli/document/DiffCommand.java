package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what differs between the documents of two revisions. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = "What differs between the documents at two revisions, as a unified diff.")
public final class DiffCommand extends DiffCall {
  @Mixin private DocumentScope scope = new DocumentScope();

  @Override
  protected Selection selection(Connection to) {
    return scope;
  }
}
