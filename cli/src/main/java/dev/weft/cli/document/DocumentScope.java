package dev.weft.cli.document;

import dev.weft.cli.connection.Failures;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which documents a command is about, as a person says it. */
final class DocumentScope implements Selection {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "KIND",
      defaultValue = "all",
      description =
          "service, httproute, grpcroute, tlsroute, tcproute, referencegrant, trafficpolicy,"
              + " configentry or all (the default).")
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

  @Override
  public String kind() {
    return kind.equals("all") ? "" : Kind.parse(kind).wireName();
  }

  @Override
  public String namespace() {
    return allNamespaces ? "" : namespace;
  }

  /**
   * @throws Failures.CommandFailed when a name is given and it is not said of what
   */
  @Override
  public String name() {
    if (name != null && (kind().isEmpty() || allNamespaces)) {
      throw new Failures.CommandFailed(
          "of what kind and namespace is \"" + name + "\"? Say KIND NAME -n NAMESPACE");
    }
    return name == null ? "" : name;
  }

  @Override
  public String arguments() {
    StringBuilder typed = new StringBuilder();
    if (!kind().isEmpty()) {
      typed.append(' ').append(kind().toLowerCase(Locale.ROOT));
    }
    if (name != null) {
      typed.append(' ').append(name);
    }
    if (allNamespaces) {
      typed.append(" -A");
    } else if (!namespace.equals("default")) {
      typed.append(" -n ").append(namespace);
    }
    return typed.toString();
  }

  @Override
  public String shown() {
    String what = kind().isEmpty() ? "documents" : kind() + (name == null ? "" : " " + name);
    return what + (allNamespaces ? "" : " in the namespace " + namespace);
  }
}
