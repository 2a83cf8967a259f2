package dev.weft.cli.entry;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.document.DiffCall;
import dev.weft.cli.document.HistoryCall;
import dev.weft.cli.document.Kind;
import dev.weft.cli.document.RollbackCall;
import dev.weft.cli.document.Selection;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What was: history, differences and the way back, of entries of configuration. */
final class EntryVersions {
  private EntryVersions() {}

  /** The document of a key, or all of a namespace. */
  private record Entries(String namespace, String name, String shown) implements Selection {
    static Entries of(@Nullable String key, EntryScope scope, Connection connection) {
      String where = scope.namespace();
      if (key == null) {
        return new Entries(where, "", "configuration in the namespace " + where);
      }
      Policy found =
          connection.call(
              channel ->
                  EntryDocument.find(
                      PolicyServiceGrpc.newBlockingStub(channel)
                          .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS),
                      key,
                      scope));
      // One that was deleted had this name, if it was set by us.
      String name =
          found == null ? EntryDocument.fresh(key, scope).name() : found.getKey().getName();
      return new Entries(where, name, key + " of " + scope.shown());
    }

    @Override
    public String kind() {
      return Kind.CONFIG_ENTRY.wireName();
    }

    @Override
    public String arguments() {
      return " configentry"
          + (name.isEmpty() ? "" : " " + name)
          + (namespace.equals("default") ? "" : " -n " + namespace);
    }
  }

  @Command(
      name = "history",
      mixinStandardHelpOptions = true,
      description = "What changed, when, by whom and why; the newest first.")
  static final class History extends HistoryCall {
    @Parameters(arity = "0..1", paramLabel = "KEY", description = "Only of this entry.")
    private @Nullable String key;

    @Mixin private EntryScope scope = new EntryScope();

    @Override
    protected Selection selection(Connection to) {
      return Entries.of(key, scope, to);
    }
  }

  @Command(
      name = "diff",
      mixinStandardHelpOptions = true,
      description = "What differs between the entries at two revisions, as a unified diff.")
  static final class Diff extends DiffCall {
    @Parameters(arity = "0..1", paramLabel = "KEY", description = "Only of this entry.")
    private @Nullable String key;

    @Mixin private EntryScope scope = new EntryScope();

    @Override
    protected Selection selection(Connection to) {
      return Entries.of(key, scope, to);
    }
  }

  @Command(
      name = "rollback",
      mixinStandardHelpOptions = true,
      description = {
        "Make an entry, or all of a namespace, what it was at a revision, by a new change.",
        "What was created since is deleted. See the history and the diff first."
      })
  static final class Rollback extends RollbackCall {
    @Parameters(arity = "0..1", paramLabel = "KEY", description = "Only this entry.")
    private @Nullable String key;

    @Mixin private EntryScope scope = new EntryScope();

    @Override
    protected Selection selection(Connection to) {
      return Entries.of(key, scope, to);
    }
  }
}
