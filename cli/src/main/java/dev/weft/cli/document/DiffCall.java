package dev.weft.cli.document;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.weft.cli.connection.Connection;
import dev.weft.cli.diff.UnifiedDiff;
import dev.weft.cli.output.OutputFormat;
import dev.weft.cli.output.Times;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.GetRevisionResponse;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import dev.weft.proto.policy.v1.UnknownPolicy;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what differs between two revisions of the documents that its command is about. */
public abstract class DiffCall implements Callable<Integer> {
  private static final String NOW = "now";

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = "--revision",
      arity = "2",
      required = true,
      paramLabel = "A B",
      hideParamSyntax = true,
      description = "From revision A to revision B, as 'weft history' has them; B may be \"now\".")
  private List<String> revisions = new ArrayList<>();

  @Option(names = "--exit-code", description = "Exit with 1 when something differs.")
  private boolean exitCode;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}: the diff as text.")
  private OutputFormat output = OutputFormat.TABLE;

  private record Difference(PolicyKey key, @Nullable Policy before, @Nullable Policy after) {
    String change() {
      return before == null ? "created" : after == null ? "deleted" : "changed";
    }

    String hunks() {
      return UnifiedDiff.hunks(text(before), text(after));
    }

    private static String text(@Nullable Policy policy) {
      return policy == null ? "" : Yaml.print(Yaml.parse(policy.getJson()));
    }
  }

  /** Which documents. */
  protected abstract Selection selection(Connection to);

  @Override
  public Integer call() {
    if (revisions.size() != 2) {
      throw new ParameterException(
          spec.commandLine(), "say between which: --revision A B, two revisions of 'weft history'");
    }
    Selection scope = selection(connection);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    long[] at = new long[2];
    List<Difference> differences =
        connection.call(
            channel -> {
              for (int i = 0; i < 2; i++) {
                at[i] = revision(channel, scope, revisions.get(i));
              }
              return differences(at(channel, scope, at[0]), at(channel, scope, at[1]), err);
            });
    switch (output) {
      case TABLE -> differences.forEach(each -> print(each, at, out));
      case JSON -> out.println(Yaml.json(message(differences)));
      case YAML -> out.print(Yaml.yaml(message(differences)));
    }
    if (output == OutputFormat.TABLE && differences.isEmpty()) {
      err.println("nothing differs: " + scope.shown() + ", revisions " + at[0] + " and " + at[1]);
    }
    err.flush();
    out.flush();
    return exitCode && !differences.isEmpty() ? 1 : 0;
  }

  private long revision(ManagedChannel channel, Selection scope, String typed) {
    if (typed.equals(NOW)) {
      return stub(channel)
          .history(HistoryRequest.newBuilder().setKind(scope.kind()).setLimit(1).build())
          .getRevision();
    }
    try {
      return Long.parseLong(typed);
    } catch (NumberFormatException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--revision '" + typed + "' is no revision: a number of 'weft history', or now");
    }
  }

  private GetRevisionResponse at(ManagedChannel channel, Selection scope, long revision) {
    return stub(channel)
        .getRevision(
            GetRevisionRequest.newBuilder()
                .setKind(scope.kind())
                .setNamespace(scope.namespace())
                .setName(scope.name())
                .setRevision(revision)
                .build());
  }

  private PolicyServiceBlockingStub stub(ManagedChannel channel) {
    return PolicyServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS);
  }

  private static List<Difference> differences(
      GetRevisionResponse a, GetRevisionResponse b, PrintWriter err) {
    Set<PolicyKey> unknown = new HashSet<>();
    for (GetRevisionResponse each : List.of(a, b)) {
      for (UnknownPolicy left : each.getUnknownList()) {
        if (unknown.add(left.getKey())) {
          err.println("warning: " + Kind.display(left.getKey()) + " is left out: " + left.getWhy());
        }
      }
    }
    Map<PolicyKey, Policy> before = byKey(a);
    Map<PolicyKey, Policy> after = byKey(b);
    Set<PolicyKey> keys = new HashSet<>(before.keySet());
    keys.addAll(after.keySet());
    keys.removeAll(unknown);
    return keys.stream()
        .sorted(Comparator.comparing(Kind::display))
        .map(key -> new Difference(key, before.get(key), after.get(key)))
        .filter(each -> !each.hunks().isEmpty())
        .toList();
  }

  private static Map<PolicyKey, Policy> byKey(GetRevisionResponse response) {
    return response.getPoliciesList().stream()
        .collect(Collectors.toMap(Policy::getKey, Function.identity()));
  }

  private static void print(Difference each, long[] at, PrintWriter out) {
    out.println("--- " + heading(each.key(), each.before(), at[0]));
    out.println("+++ " + heading(each.key(), each.after(), at[1]));
    out.print(each.hunks());
  }

  private static String heading(PolicyKey key, @Nullable Policy policy, long revision) {
    if (policy == null) {
      return Kind.display(key) + "  none at revision " + revision;
    }
    String by = policy.getChangedBy().isEmpty() ? policy.getSource() : policy.getChangedBy();
    return Kind.display(key)
        + "  revision "
        + policy.getRevision()
        + ", "
        + Times.time(policy.getChangedAtMillis())
        + ", "
        + by
        + (policy.getReason().isEmpty() ? "" : ": " + policy.getReason());
  }

  private static Struct message(List<Difference> differences) {
    var all = ListValue.newBuilder();
    for (Difference each : differences) {
      var fields = new TreeMap<String, Value>();
      fields.put("kind", text(each.key().getKind()));
      fields.put("namespace", text(each.key().getNamespace()));
      fields.put("name", text(each.key().getName()));
      fields.put("change", text(each.change()));
      fields.put("diff", text(each.hunks()));
      all.addValues(Value.newBuilder().setStructValue(Struct.newBuilder().putAllFields(fields)));
    }
    return Struct.newBuilder()
        .putFields("differences", Value.newBuilder().setListValue(all).build())
        .build();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}
