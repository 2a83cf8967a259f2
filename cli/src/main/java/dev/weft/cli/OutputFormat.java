package dev.weft.cli;

/** How a command prints what it was asked for. */
enum OutputFormat {
  TABLE,
  YAML,
  JSON
}
