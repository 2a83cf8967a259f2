package dev.weft.cli;

/** How instances are printed. */
enum InstanceOutput {
  TABLE,
  WIDE,
  YAML,
  JSON
}
