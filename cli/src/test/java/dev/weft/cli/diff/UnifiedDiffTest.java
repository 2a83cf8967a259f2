package dev.weft.cli.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class UnifiedDiffTest {
  private static final Pattern HUNK =
      Pattern.compile("@@ -(\\d+)(?:,(\\d+))? \\+(\\d+)(?:,(\\d+))? @@");

  @Test
  void equalTextsDoNotDiffer() {
    assertThat(UnifiedDiff.hunks("a\nb\n", "a\nb\n")).isEmpty();
    assertThat(UnifiedDiff.hunks("", "")).isEmpty();
  }

  @Test
  void aChangeStandsBetweenThreeLinesAsDiffWritesIt() {
    assertThat(UnifiedDiff.hunks("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"))
        .isEqualTo(
            """
            @@ -2,7 +2,7 @@
             2
             3
             4
            -5
            +five
             6
             7
             8
            """);
  }

  @Test
  void changesFarApartAreHunksOfTheirOwnAndNearOnesAreOne() {
    String before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
    assertThat(UnifiedDiff.hunks(before, before.replace("a\n", "A\n").replace("j\n", "J\n")))
        .isEqualTo(
            """
            @@ -1,4 +1,4 @@
            -a
            +A
             b
             c
             d
            @@ -7,4 +7,4 @@
             g
             h
             i
            -j
            +J
            """);
    assertThat(UnifiedDiff.hunks(before, before.replace("b\n", "").replace("h\n", "")))
        .isEqualTo(
            """
            @@ -1,10 +1,8 @@
             a
            -b
             c
             d
             e
             f
             g
            -h
             i
             j
            """);
  }

  @Test
  void whatWasNotThereBeforeIsAllNew() {
    assertThat(UnifiedDiff.hunks("", "a\nb\n")).isEqualTo("@@ -0,0 +1,2 @@\n+a\n+b\n");
    assertThat(UnifiedDiff.hunks("a\n", "")).isEqualTo("@@ -1 +0,0 @@\n-a\n");
  }

  @Test
  void theHunksLeadFromOneTextToTheOther() {
    Random random = new Random(42);
    for (int round = 0; round < 2_000; round++) {
      String before = text(random);
      String after = text(random);
      assertThat(patched(before, UnifiedDiff.hunks(before, after)))
          .as("round %d", round)
          .isEqualTo(after);
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(25); i > 0; i--) {
      text.append((char) ('a' + random.nextInt(4))).append('\n');
    }
    return text.toString();
  }

  private static String patched(String before, String hunks) {
    List<String> lines = before.lines().toList();
    List<String> out = new ArrayList<>();
    int at = 0;
    for (String line : hunks.lines().toList()) {
      Matcher hunk = HUNK.matcher(line);
      if (hunk.matches()) {
        int first = Integer.parseInt(hunk.group(1));
        int begin = "0".equals(hunk.group(2)) ? first : first - 1;
        while (at < begin) {
          out.add(lines.get(at++));
        }
      } else if (line.charAt(0) == '+') {
        out.add(line.substring(1));
      } else {
        assertThat(lines.get(at)).isEqualTo(line.substring(1));
        at++;
        if (line.charAt(0) == ' ') {
          out.add(line.substring(1));
        }
      }
    }
    while (at < lines.size()) {
      out.add(lines.get(at++));
    }
    return String.join("", out.stream().map(line -> line + "\n").toList());
  }
}
