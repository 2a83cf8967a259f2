package dev.weft.cli.document;

import picocli.CommandLine.Option;

/** The option by which whoever changes documents says why. */
public final class Reason {
  @Option(
      names = "--reason",
      paramLabel = "WHY",
      defaultValue = "",
      description = "Why, for 'weft history'.")
  private String text = "";

  /** Empty: nothing was said. */
  public String text() {
    return text;
  }
}
