package dev.weft.cli.registry;

/** How instances are printed. */
enum InstanceOutput {
  TABLE,
  WIDE,
  YAML,
  JSON
}
