package dev.weft.cli.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each alert leads whoever it wakes to a section that is right, by what is written alone. */
class RunbooksTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

  @Test
  void alertsAndSectionsAgreeAndAskForWhatThereIs() throws IOException {
    Runbooks runbooks = Runbooks.read();

    assertThat(AlertRule.read(runbooks.alerts())).hasSizeGreaterThan(25);
    assertThat(runbooks.problems()).isEmpty();
  }

  @Test
  void whatDoesNotAgreeIsFound() throws IOException {
    Runbooks right = Runbooks.read();

    assertFound(right, text -> text.replace("## WeftStoreLoss\n", ""), "WeftStoreLoss has no");
    assertFound(right, text -> text.replace("## WeftStoreLoss\n", "## WeftGone\n"), "no alert");
    assertFound(right, text -> text.replace("*page, after 2m*", "*page, after 3m*"), "begin with");
    assertFound(right, text -> text.replace("**It ends**", "It ends"), "has no **It ends**");
    assertFound(right, text -> text.replace("[WeftStoreLoss](", "[Loss]("), "not in the list");
    assertFound(right, text -> text.replace("`weft_history_bytes`", "`weft_histories`"), "metric");
    assertFoundInAlerts(right, "#weftstoreloss", "#loss", "runbook has to be");
    assertFoundInAlerts(right, "severity: ticket", "severity: page", "begin with");
    assertFoundInAlerts(right, "- alert: WeftStoreLoss", "- alert: WeftLoss", "no alert Weft");
    assertFoundInAlerts(right, "weft_registry_withheld", "weft_registry_lost", "no metric");
    assertFoundInAlerts(right, "by (pod, peer, limit)", "by (pod, pear)", "the label pear");
    assertFoundInAlerts(right, "streams|connections", "strems|connections", "no limit peer-strems");
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    Path folder = Runbooks.DOCS.resolve("runbooks");
    for (Map.Entry<String, String> file : Runbooks.read().runbooks().entrySet()) {
      Matcher link = LINK.matcher(file.getValue());
      while (link.find()) {
        Path target =
            link.group(1).isEmpty()
                ? folder.resolve(file.getKey())
                : folder.resolve(link.group(1)).normalize();
        String anchor = link.group(2);
        if (!Files.isRegularFile(target)
            || (anchor != null && !anchors(Files.readString(target)).contains(anchor))) {
          broken.add(file.getKey() + ": " + link.group());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static List<String> anchors(String text) {
    return HEADING
        .matcher(text)
        .results()
        .map(
            heading ->
                heading
                    .group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\w\\- ]", "")
                    .replace(' ', '-'))
        .toList();
  }

  private static void assertFound(Runbooks right, UnaryOperator<String> change, String problem) {
    var changed = new TreeMap<>(right.runbooks());
    changed.replaceAll((_, text) -> change.apply(text));
    assertThat(changed).isNotEqualTo(right.runbooks());
    assertThat(new Runbooks(right.alerts(), changed, right.metrics(), right.limits()).problems())
        .anySatisfy(each -> assertThat(each).contains(problem));
  }

  private static void assertFoundInAlerts(
      Runbooks right, String what, String wrong, String problem) {
    String changed = right.alerts().replace(what, wrong);
    assertThat(changed).isNotEqualTo(right.alerts());
    assertThat(new Runbooks(changed, right.runbooks(), right.metrics(), right.limits()).problems())
        .anySatisfy(each -> assertThat(each).contains(problem));
  }
}
