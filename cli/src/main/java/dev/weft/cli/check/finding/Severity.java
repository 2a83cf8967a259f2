package dev.weft.cli.check.finding;

/** How bad a finding is, the best first. */
public enum Severity {
  /** Looked at, and as it should be. */
  OK,
  /** Worth knowing; nothing has to be done. */
  NOTICE,
  /** Works, but not as somebody expects, or not for long. */
  WARNING,
  /** Something does not work. */
  ERROR
}
