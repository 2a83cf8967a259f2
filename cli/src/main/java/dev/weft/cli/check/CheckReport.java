package dev.weft.cli.check;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Finding;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.finding.Severity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was found, for people and for programs. Pure. */
public final class CheckReport {
  /** Named one by one up to here, for people. */
  private static final int SUBJECTS = 8;

  private final Findings findings;

  public CheckReport(Findings findings) {
    this.findings = findings;
  }

  /** Whether nothing is broken: the exit code. */
  public boolean passed() {
    return findings.count(Severity.ERROR) == 0;
  }

  /** Grouped, the same thing about several in one entry. */
  public String text() {
    var text = new StringBuilder();
    for (CheckId.Group group : CheckId.Group.values()) {
      Map<Finding, List<String>> entries = new LinkedHashMap<>();
      for (Finding finding : findings.all()) {
        if (finding.id().group() == group) {
          entries
              .computeIfAbsent(
                  new Finding(
                      finding.id(), finding.severity(), "", finding.message(), finding.remedy()),
                  _ -> new ArrayList<>())
              .add(finding.subject());
        }
      }
      if (!entries.isEmpty()) {
        text.append(group.title()).append('\n');
        entries.forEach((entry, subjects) -> entry(text, entry, subjects));
        text.append('\n');
      }
    }
    return text.append(summary()).append('\n').toString();
  }

  private static void entry(StringBuilder text, Finding finding, List<String> subjects) {
    String named =
        subjects.stream()
            .filter(subject -> !subject.isEmpty())
            .limit(SUBJECTS)
            .collect(Collectors.joining(", "));
    String more =
        subjects.size() > SUBJECTS ? " and " + (subjects.size() - SUBJECTS) + " more" : "";
    text.append("  ").append(word(finding.severity())).append("  ");
    if (finding.severity() != Severity.OK) {
      text.append(finding.id().id()).append(": ");
    }
    if (!named.isEmpty()) {
      text.append(named).append(more).append(": ");
    }
    text.append(finding.message().strip().replace("\n", "\n          ")).append('\n');
    if (!finding.remedy().isEmpty()) {
      text.append("          -> ").append(finding.remedy()).append('\n');
    }
  }

  private static String word(Severity severity) {
    return switch (severity) {
      case OK -> "ok     ";
      case NOTICE -> "notice ";
      case WARNING -> "WARNING";
      case ERROR -> "ERROR  ";
    };
  }

  private String summary() {
    long errors = findings.count(Severity.ERROR);
    long warnings = findings.count(Severity.WARNING);
    long notices = findings.count(Severity.NOTICE);
    return errors + warnings == 0
        ? "all is well" + (notices == 0 ? "" : ", " + counted(notices, "notice"))
        : counted(errors, "error")
            + ", "
            + counted(warnings, "warning")
            + ", "
            + counted(notices, "notice")
            + "; what each means is in docs/guides/troubleshooting.md";
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  /** One object: whether it passed, and every finding by itself. */
  public String json() {
    var root = new JsonObject();
    root.addProperty("passed", passed());
    root.addProperty("errors", findings.count(Severity.ERROR));
    root.addProperty("warnings", findings.count(Severity.WARNING));
    root.addProperty("notices", findings.count(Severity.NOTICE));
    var all = new JsonArray();
    for (Finding finding : findings.all()) {
      var one = new JsonObject();
      one.addProperty("id", finding.id().id());
      one.addProperty("severity", finding.severity().name().toLowerCase(Locale.ROOT));
      one.addProperty("group", finding.id().group().title());
      one.addProperty("subject", finding.subject());
      one.addProperty("message", finding.message());
      one.addProperty("remedy", finding.remedy());
      all.add(one);
    }
    root.add("findings", all);
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root);
  }
}
