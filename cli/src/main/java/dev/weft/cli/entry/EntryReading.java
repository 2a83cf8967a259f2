package dev.weft.cli.entry;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.document.Kind;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows entries of configuration. */
final class EntryReading {
  private static final int SHOWN_VALUE = 40;

  private EntryReading() {}

  /** On one line, and not longer than a column should be. */
  static String brief(String value) {
    String line = value.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t");
    return line.length() <= SHOWN_VALUE ? line : line.substring(0, SHOWN_VALUE - 3) + "...";
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Print the value of one entry; -o yaml or json prints the document.")
  static final class Get implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private Connection connection = new Connection();

    @Parameters(paramLabel = "KEY", description = "What the application asks for.")
    private String key = "";

    @Mixin private EntryScope scope = new EntryScope();
    @Mixin private Output output = new Output();

    @Override
    public Integer call() {
      Policy found =
          connection.call(
              channel ->
                  EntryDocument.find(
                      PolicyServiceGrpc.newBlockingStub(channel)
                          .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS),
                      key,
                      scope));
      if (found == null) {
        throw new CommandFailed("there is no entry " + key + " of " + scope.shown());
      }
      PrintWriter out = spec.commandLine().getOut();
      switch (output.format()) {
        case TABLE -> print(EntryDocument.of(found), out);
        case YAML -> out.print(Yaml.print(Yaml.parse(found.getJson())));
        case JSON -> out.println(found.getJson());
      }
      out.flush();
      return 0;
    }

    private void print(EntryDocument entry, PrintWriter out) {
      out.print(entry.value().endsWith("\n") ? entry.value() : entry.value() + "\n");
      EntryDocument.Release release = entry.release();
      if (release != null) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(
            release.percent()
                + "% of the instances have another value so far: "
                + brief(release.value()));
        err.flush();
      }
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "List the entries of a namespace, of all, or of the mesh.")
  static final class All implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private Connection connection = new Connection();
    @Mixin private EntryScope scope = new EntryScope();

    @Option(
        names = {"-A", "--all-namespaces"},
        description = "Of every namespace, and of the mesh.")
    private boolean allNamespaces;

    @Mixin private Output output = new Output();

    @Override
    public Integer call() {
      String namespace = allNamespaces ? "" : scope.namespace();
      ListResponse all =
          connection.call(
              channel ->
                  PolicyServiceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                      .list(
                          ListRequest.newBuilder()
                              .setKind(Kind.CONFIG_ENTRY.wireName())
                              .setNamespace(namespace)
                              .build()));
      ListResponse.Builder chosen = ListResponse.newBuilder().setRevision(all.getRevision());
      all.getPoliciesList().stream().filter(this::wanted).forEach(chosen::addPolicies);
      PrintWriter out = spec.commandLine().getOut();
      output.print(chosen.build(), out, () -> print(chosen.build(), out));
      return 0;
    }

    private boolean wanted(Policy policy) {
      EntryDocument entry = EntryDocument.of(policy);
      return (!scope.mesh() || entry.mesh())
          && (scope.service().isEmpty() || entry.service().equals(scope.service()))
          && entry.labels().entrySet().containsAll(scope.labels().entrySet());
    }

    private void print(ListResponse entries, PrintWriter out) {
      if (entries.getPoliciesCount() == 0) {
        spec.commandLine().getErr().println("no entries of " + scope.shown());
        return;
      }
      Table table = new Table("KEY", "OF", "VALUE", "RELEASE", "REVISION", "AGE", "BY");
      for (Policy policy : entries.getPoliciesList()) {
        EntryDocument entry = EntryDocument.of(policy);
        EntryDocument.Release release = entry.release();
        table.row(
            entry.key(),
            entry.scope(),
            brief(entry.value()),
            release == null ? "" : release.percent() + "%: " + brief(release.value()),
            policy.getRevision(),
            Times.age(policy.getChangedAtMillis()),
            policy.getChangedBy());
      }
      table.print(out);
    }
  }
}
