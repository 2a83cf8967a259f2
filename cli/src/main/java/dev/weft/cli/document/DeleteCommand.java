package dev.weft.cli.document;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.output.Yaml;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Deletes documents, named or as files name them. */
@Command(
    name = "delete",
    mixinStandardHelpOptions = true,
    description = "Delete documents: KIND NAME..., or those that files name.")
public final class DeleteCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private Manifests manifests = new Manifests();

  @Parameters(paramLabel = "KIND NAME", arity = "0..*", description = "A kind and names of it.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "Where the names are; default ${DEFAULT-VALUE}.")
  private String namespace = "";

  @Option(names = "--ignore-not-found", description = "What is not there is not an error.")
  private boolean ignoreNotFound;

  @Mixin private Reason reason = new Reason();

  @Override
  public Integer call() {
    if (names.isEmpty() == manifests.isEmpty() || names.size() == 1) {
      throw new ParameterException(
          spec.commandLine(), "say what to delete: either KIND NAME..., or -f FILE");
    }
    List<PolicyKey> keys = manifests.isEmpty() ? namedKeys() : manifestKeys();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    return connection.call(
        channel -> {
          PolicyServiceBlockingStub policies = PolicyServiceGrpc.newBlockingStub(channel);
          int exitCode = 0;
          for (PolicyKey key : keys) {
            try {
              policies
                  .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
                  .delete(DeleteRequest.newBuilder().setKey(key).setReason(reason.text()).build());
              out.println(Kind.display(key) + " deleted");
              out.flush();
            } catch (StatusRuntimeException e) {
              if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
                throw e;
              }
              if (!ignoreNotFound) {
                err.println("error: there is no " + Kind.display(key));
                err.flush();
                exitCode = 1;
              }
            }
          }
          return exitCode;
        });
  }

  private List<PolicyKey> namedKeys() {
    Kind kind = Kind.parse(names.getFirst());
    return names.stream()
        .skip(1)
        .map(
            name ->
                PolicyKey.newBuilder()
                    .setKind(kind.wireName())
                    .setNamespace(namespace)
                    .setName(name)
                    .build())
        .toList();
  }

  private List<PolicyKey> manifestKeys() {
    List<PolicyKey> keys = new ArrayList<>();
    for (Manifest manifest : manifests.read(System.in).getManifestsList()) {
      int number = 0;
      try {
        for (Object document : Yaml.parseAll(manifest.getContent(), manifest.getName())) {
          number++;
          if (document == null) {
            continue;
          }
          String kind = Yaml.at(document, "kind").toString();
          String name = Yaml.at(document, "metadata", "name").toString();
          if (kind.isEmpty() || name.isEmpty()) {
            throw new CommandFailed(
                manifest.getName()
                    + ", document "
                    + number
                    + ": needs a kind and a metadata.name to be deleted");
          }
          String where = Yaml.at(document, "metadata", "namespace").toString();
          keys.add(
              PolicyKey.newBuilder()
                  .setKind(Kind.parse(kind).wireName())
                  .setNamespace(where.isEmpty() ? namespace : where)
                  .setName(name)
                  .build());
        }
      } catch (YamlEngineException e) {
        throw new CommandFailed(manifest.getName() + " is not YAML: " + e.getMessage());
      }
    }
    return keys;
  }
}
