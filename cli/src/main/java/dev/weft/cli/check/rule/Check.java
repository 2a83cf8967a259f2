package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.Findings;

/** One group of things that could be wrong, with what was gathered about it. */
@FunctionalInterface
public interface Check {
  /** Says what was found, good and bad. */
  void run(Findings to);
}
