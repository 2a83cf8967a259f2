package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Summary;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.policy.v1.GetRequest;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.GetRevisionResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import dev.weft.proto.policy.v1.UnknownPolicy;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows applied documents. */
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    description =
        "Show documents: service, httproute, grpcroute, tlsroute, tcproute, referencegrant, trafficpolicy, configentry, or all.")
public final class GetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Parameters(
      index = "0",
      paramLabel = "KIND",
      description =
          "service, httproute, grpcroute, tlsroute, tcproute, referencegrant, trafficpolicy,"
              + " configentry or all.")
  private String kind = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Only this one.")
  private @Nullable String name;

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "Only of this namespace; default ${DEFAULT-VALUE}.")
  private String namespace = "";

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "Of every namespace.")
  private boolean allNamespaces;

  @Mixin private Output output = new Output();

  @Option(
      names = "--revision",
      paramLabel = "REV",
      defaultValue = "0",
      description = "As it was at this revision, see 'weft history'; default: as it is.")
  private long revision;

  @Override
  public Integer call() {
    String wireKind = kind.equals("all") ? "" : Kind.parse(kind).wireName();
    List<Policy> policies = connection.call(channel -> fetch(channel, wireKind));
    PrintWriter out = spec.commandLine().getOut();
    switch (output.format()) {
      case TABLE -> printTable(policies, out);
      case YAML -> {
        String separator = "";
        for (Policy policy : policies) {
          out.print(separator + Yaml.print(Yaml.parse(policy.getJson())));
          separator = "---\n";
        }
      }
      case JSON ->
          out.println(
              name != null
                  ? policies.getFirst().getJson()
                  : policies.stream()
                      .map(Policy::getJson)
                      .collect(
                          Collectors.joining(
                              ",\n",
                              "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[",
                              "]}")));
    }
    out.flush();
    return 0;
  }

  private List<Policy> fetch(ManagedChannel channel, String wireKind) {
    PolicyServiceBlockingStub stub =
        PolicyServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS);
    if (revision != 0) {
      return past(stub, wireKind);
    }
    if (name == null) {
      return stub.list(
              ListRequest.newBuilder()
                  .setKind(wireKind)
                  .setNamespace(allNamespaces ? "" : namespace)
                  .build())
          .getPoliciesList();
    }
    PolicyKey key =
        PolicyKey.newBuilder().setKind(wireKind).setNamespace(namespace).setName(name).build();
    try {
      return List.of(stub.get(GetRequest.newBuilder().setKey(key).build()));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        throw new CommandFailed("there is no " + Kind.display(key));
      }
      throw e;
    }
  }

  private List<Policy> past(PolicyServiceBlockingStub stub, String wireKind) {
    GetRevisionResponse found =
        stub.getRevision(
            GetRevisionRequest.newBuilder()
                .setKind(wireKind)
                .setNamespace(allNamespaces ? "" : namespace)
                .setName(name == null ? "" : name)
                .setRevision(revision)
                .build());
    for (UnknownPolicy unknown : found.getUnknownList()) {
      String sentence = Kind.display(unknown.getKey()) + ": " + unknown.getWhy();
      if (name != null) {
        throw new CommandFailed("what was at revision " + revision + " is not known: " + sentence);
      }
      spec.commandLine().getErr().println("warning: not known at that revision: " + sentence);
    }
    if (name != null && found.getPoliciesCount() == 0) {
      throw new CommandFailed(
          "there was no " + wireKind + " " + namespace + "/" + name + " at revision " + revision);
    }
    return found.getPoliciesList();
  }

  private void printTable(List<Policy> policies, PrintWriter out) {
    if (policies.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("nothing found" + (allNamespaces ? "" : " in the namespace " + namespace));
      return;
    }
    Table table = new Table("NAMESPACE", "KIND", "NAME", "SUMMARY", "REVISION", "AGE");
    for (Policy policy : policies) {
      PolicyKey key = policy.getKey();
      table.row(
          key.getNamespace(),
          key.getKind(),
          key.getName(),
          Summary.of(key.getKind(), Yaml.parse(policy.getJson())),
          policy.getRevision(),
          Times.age(policy.getChangedAtMillis()));
    }
    table.print(out);
  }
}
