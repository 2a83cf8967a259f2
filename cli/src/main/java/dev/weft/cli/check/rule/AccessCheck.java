package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Whether somebody may do all that is needed. Pure.
 *
 * @param id {@link CheckId#INSTALL_RIGHTS} or {@link CheckId#CONTROL_PLANE_RIGHTS}
 * @param who who needs it, for people
 * @param answers what the API server said of each
 * @param remedy what gives it
 */
public record AccessCheck(CheckId id, String who, Map<Access, Boolean> answers, String remedy)
    implements Check {
  /** Named one by one up to here. */
  private static final int SHOWN = 8;

  /** Copies the map. */
  public AccessCheck {
    answers = Map.copyOf(answers);
  }

  @Override
  public void run(Findings to) {
    if (answers.isEmpty()) {
      to.notice(
          id,
          "",
          "the rights of " + who + " were not looked at: this is no distribution of Weft",
          "start weft with ./weft, or bin/weft of a distribution");
      return;
    }
    List<String> missing =
        answers.entrySet().stream()
            .filter(answer -> !answer.getValue())
            .map(answer -> answer.getKey().toString())
            .sorted()
            .toList();
    if (missing.isEmpty()) {
      to.ok(id, who + " may do all that is needed");
      return;
    }
    String more = missing.size() > SHOWN ? " and " + (missing.size() - SHOWN) + " things more" : "";
    to.error(
        id,
        "",
        who + " may not " + missing.stream().limit(SHOWN).collect(Collectors.joining(", ")) + more,
        remedy);
  }
}
