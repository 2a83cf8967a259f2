package dev.weft.cli.check.finding;

import java.util.ArrayList;
import java.util.List;

/** Collects findings in the order in which they are made. For one thread. */
public final class Findings {
  private final List<Finding> all = new ArrayList<>();

  /** Looked at, and as it should be. */
  public void ok(CheckId id, String message) {
    all.add(new Finding(id, Severity.OK, "", message, ""));
  }

  /** The same, unless something worse was found under that id. */
  public void okUnlessFound(CheckId id, String message) {
    if (all.stream().noneMatch(finding -> finding.id() == id)) {
      ok(id, message);
    }
  }

  /** Worth knowing. */
  public void notice(CheckId id, String subject, String message, String remedy) {
    all.add(new Finding(id, Severity.NOTICE, subject, message, remedy));
  }

  /** Works, but not as somebody expects. */
  public void warning(CheckId id, String subject, String message, String remedy) {
    all.add(new Finding(id, Severity.WARNING, subject, message, remedy));
  }

  /** Does not work. */
  public void error(CheckId id, String subject, String message, String remedy) {
    all.add(new Finding(id, Severity.ERROR, subject, message, remedy));
  }

  /** Everything so far. */
  public List<Finding> all() {
    return List.copyOf(all);
  }

  /** How many of that severity. */
  public long count(Severity severity) {
    return all.stream().filter(finding -> finding.severity() == severity).count();
  }
}
