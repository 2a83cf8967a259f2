package dev.weft.cli.registry;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which instances a command is about: those of a service, of a namespace, or all. */
final class InstanceSelection {
  @Parameters(
      arity = "0..1",
      paramLabel = "SERVICE",
      defaultValue = "",
      description = "Only its instances.")
  private String service = "";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "",
      description = "Only of this namespace; by default of all, with SERVICE of \"default\".")
  private String namespace = "";

  /** Empty: every service. */
  String service() {
    return service;
  }

  /**
   * Empty: every namespace. A service is named within one, which is {@code default} if not said.
   */
  String namespace() {
    return namespace.isEmpty() && !service.isEmpty() ? "default" : namespace;
  }
}
