package dev.weft.cli.document;

import picocli.CommandLine.Option;

/** The option by which whoever changes documents says why. */
final class Reason {
  @Option(
      names = "--reason",
      paramLabel = "WHY",
      defaultValue = "",
      description = "Why, for 'weft history'.")
  private String text = "";

  /** Empty: nothing was said. */
  String text() {
    return text;
  }
}
