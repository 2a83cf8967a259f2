package dev.weft.cli.dashboards;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of metrics and labels in an expression of PromQL: an expression with a name that does
 * not exist is no error to Prometheus, and beside an {@code or} it is not even empty.
 */
record PromQl(Set<String> metrics, Set<String> labels) {
  private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern GROUPING =
      Pattern.compile("\\b(?:by|on|without|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
  private static final Pattern MATCHERS = Pattern.compile("\\{([^}]*)\\}");
  private static final Pattern RANGE = Pattern.compile("\\[[^\\]]*\\]");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern WORD = Pattern.compile("(?<![0-9.a-zA-Z_:])" + NAME);
  private static final Set<String> OPERATORS =
      Set.of("and", "or", "unless", "bool", "offset", "inf", "nan");

  static PromQl of(String expression) {
    String rest = TEXT.matcher(expression).replaceAll("\"\"");
    var labels = new TreeSet<String>();
    for (Pattern place : new Pattern[] {GROUPING, MATCHERS}) {
      Matcher found = place.matcher(rest);
      while (found.find()) {
        addNames(found.group(1), labels);
      }
      rest = place.matcher(rest).replaceAll(" ");
    }
    rest = RANGE.matcher(rest).replaceAll(" ");
    var metrics = new TreeSet<String>();
    Matcher found = WORD.matcher(rest);
    while (found.find()) {
      if (!OPERATORS.contains(found.group()) && !isFunction(rest, found.end())) {
        metrics.add(found.group());
      }
    }
    return new PromQl(metrics, labels);
  }

  /** An aggregation without its grouping, which was taken out, is one, too. */
  private static boolean isFunction(String text, int end) {
    return text.substring(end).stripLeading().startsWith("(");
  }

  private static void addNames(String text, Set<String> to) {
    Matcher name = NAME.matcher(text);
    while (name.find()) {
      to.add(name.group());
    }
  }
}
