package dev.weft.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What was found is readable, for people and for programs, and each id is documented. */
class CheckReportTest {
  private static final Path GUIDE = Path.of("../docs/guides/troubleshooting.md");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\|");

  @Test
  void findings_are_grouped_and_the_same_about_several_is_said_once() {
    var findings = new Findings();
    findings.error(CheckId.APP_LOOPBACK, "pod shop/a", "loopback only", "listen on 0.0.0.0");
    findings.ok(CheckId.API_SERVER, "it answers");
    findings.error(CheckId.APP_LOOPBACK, "pod shop/b", "loopback only", "listen on 0.0.0.0");
    findings.notice(CheckId.PLAINTEXT, "", "plaintext", "nothing");

    var report = new CheckReport(findings);

    assertThat(report.passed()).isFalse();
    assertThat(report.text())
        .isEqualTo(
            """
            The cluster
              ok       it answers

            Applications
              ERROR    app-loopback: pod shop/a, pod shop/b: loopback only
                      -> listen on 0.0.0.0

            Traffic
              notice   plaintext: plaintext
                      -> nothing

            2 errors, 0 warnings, 1 notice; what each means is in docs/guides/troubleshooting.md
            """);
  }

  @Test
  void programs_get_each_finding_by_itself() {
    var findings = new Findings();
    findings.warning(CheckId.LEADER, "pod a", "two <leaders>", "wait");

    JsonObject json = JsonParser.parseString(new CheckReport(findings).json()).getAsJsonObject();

    assertThat(json.get("passed").getAsBoolean()).isTrue();
    assertThat(json.get("warnings").getAsInt()).isEqualTo(1);
    JsonObject one = json.getAsJsonArray("findings").get(0).getAsJsonObject();
    assertThat(one.get("id").getAsString()).isEqualTo("leader");
    assertThat(one.get("severity").getAsString()).isEqualTo("warning");
    assertThat(one.get("message").getAsString()).isEqualTo("two <leaders>");
    assertThat(one.get("remedy").getAsString()).isEqualTo("wait");
  }

  @Test
  void nothing_wrong_is_said_so() {
    var findings = new Findings();
    findings.ok(CheckId.LEADER, "one leads");

    assertThat(new CheckReport(findings).text()).endsWith("\nall is well\n");
  }

  @Test
  void every_id_has_its_row_in_the_guide_and_there_is_no_other() throws IOException {
    String guide = Files.readString(GUIDE);
    Matcher rows = ROW.matcher(guide.substring(guide.indexOf("## What `weft check` looks at")));

    List<String> documented = rows.results().map(row -> row.group(1)).toList();

    assertThat(documented)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(CheckId.values()).map(CheckId::id).toList());
  }
}
