package dev.weft.cli.output;

/** How a command prints what it was asked for. */
public enum OutputFormat {
  TABLE,
  YAML,
  JSON
}
