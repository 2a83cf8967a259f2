package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Finding;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.finding.Severity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;

/** What a rule has found, for assertions. */
record Judged(List<Finding> all) {
  static Judged by(Check check) {
    var findings = new Findings();
    check.run(findings);
    return new Judged(findings.all());
  }

  /** An object as kubectl would print it. */
  static <T> T object(Class<T> type, String yaml) {
    return Serialization.unmarshal(yaml, type);
  }

  /** What is said of an id, as "SEVERITY subject: message". */
  List<String> of(CheckId id) {
    return all.stream()
        .filter(finding -> finding.id() == id)
        .map(
            finding ->
                finding.severity()
                    + " "
                    + (finding.subject().isEmpty() ? "" : finding.subject() + ": ")
                    + finding.message())
        .toList();
  }

  /** Everything that is not as it should be. */
  List<Finding> complaints() {
    return all.stream().filter(finding -> finding.severity() != Severity.OK).toList();
  }
}
