package dev.weft.controlplane.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.status.WantedStatus.Entry;
import dev.weft.controlplane.status.WantedStatus.Shape;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class InForceConditionTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void whatHoldsSaysInHowMany() {
    assertThat(said(new Standing(12, 12, 0, "", 0)))
        .isEqualTo("true InForce It is in force in 12 of 12 sidecars that need it.");
    assertThat(said(Standing.UNNEEDED))
        .isEqualTo("true NotNeeded No connected sidecar calls what it is about.");
  }

  @Test
  void whatIsUnderWayIsNotYet() {
    assertThat(said(new Standing(12, 9, 0, "", 0)))
        .isEqualTo("false Pending It is in force in 9 of 12 sidecars that need it so far.");
    assertThat(said(new Standing(1, 1, 0, "", 1)))
        .isEqualTo(
            "false Pending It is in force in 1 of 1 sidecar that needs it so far; 1 replica of the"
                + " control plane has not told yet of its newest version.");
    assertThat(said(new Standing(0, 0, 0, "", 2)))
        .isEqualTo(
            "false Pending It is not known yet which sidecars have it in force; 2 replicas of the"
                + " control plane have not told yet of its newest version.");
  }

  @Test
  void aRefusalSaysWhoseAndWhy() {
    String why = "web-1: VIRTUAL_HOST shop/web routes[0].retry is 5, expected at most 3";
    assertThat(said(new Standing(3, 2, 1, why, 0)))
        .isEqualTo(
            "false Refused It is in force in 2 of 3 sidecars that need it; 1 refuses it and keeps"
                + " what it had: "
                + why
                + ".");
    assertThat(said(new Standing(3, 0, 2, "x".repeat(10_000), 0)).length()).isLessThan(800);
  }

  @Test
  void itIsSaidToThoseThatAcceptTheObjectAndStaysWhileNothingIsKnown() {
    var holds = new Condition("Accepted", true, "Accepted", "");
    var not = new Condition("Accepted", false, "NoMatchingParent", "");
    var rules =
        new WantedStatus(
            Shape.PARENTS,
            "u",
            3,
            List.of(
                new Entry(JsonNodeFactory.instance.textNode("web"), List.of(holds)),
                new Entry(JsonNodeFactory.instance.textNode("gone"), List.of(not))));
    WantedStatus counted = rules.with(InForceCondition.of(new Standing(1, 1, 0, "", 0)));

    ObjectNode status =
        Objects.requireNonNull(StatusMerge.merge(MissingNode.getInstance(), counted, NOW));

    assertThat(status.at("/parents/0/conditions/1/type").asText()).isEqualTo("weft.dev/InForce");
    assertThat(status.at("/parents/1/conditions")).hasSize(1);
    assertThat(StatusMerge.merge(status, rules, NOW)).isNull();
    // Of another version it says nothing.
    ObjectNode next =
        Objects.requireNonNull(
            StatusMerge.merge(
                status, new WantedStatus(Shape.PARENTS, "u", 4, rules.entries()), NOW));
    assertThat(next.at("/parents/0/conditions")).hasSize(1);
  }

  private static String said(Standing standing) {
    Condition condition = InForceCondition.of(standing);
    return condition.holds() + " " + condition.reason() + " " + condition.message();
  }
}
