package dev.weft.controlplane.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.status.WantedStatus.Entry;
import dev.weft.controlplane.status.WantedStatus.Shape;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class StatusMergeTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2026-01-02T00:00:00.5Z");
  private static final String GATEWAYS =
      """
      {"parentRef":{"kind":"Gateway","name":"edge"},"controllerName":"example.org/other","conditions":[]}""";

  @Test
  void whatIsSaidForTheFirstTimeHasTheTimeOfNow() {
    JsonNode status = merged(MissingNode.getInstance(), wanted(3, holds(true)), THEN);

    assertThat(status)
        .isEqualTo(
            json(
                """
                {"parents":[{"parentRef":{"kind":"Service","name":"web"},
                "controllerName":"weft.dev/mesh-controller",
                "conditions":[{"type":"Accepted","status":"True","observedGeneration":3,
                "lastTransitionTime":"2026-01-01T00:00:00Z","reason":"Accepted","message":"so it is"}]}]}"""));
  }

  @Test
  void nothingIsWrittenWhenItSaysSoAlready() {
    ObjectNode status = merged(MissingNode.getInstance(), wanted(3, holds(true)), THEN);

    assertThat(StatusMerge.merge(reread(status), wanted(3, holds(true)), LATER)).isNull();
  }

  @Test
  void aConditionThatStaysKeepsItsTimeUnderAnotherGeneration() {
    ObjectNode status = merged(MissingNode.getInstance(), wanted(3, holds(true)), THEN);

    JsonNode after = merged(reread(status), wanted(4, holds(true)), LATER);

    JsonNode condition = after.at("/parents/0/conditions/0");
    assertThat(condition.path("observedGeneration").asInt()).isEqualTo(4);
    assertThat(condition.path("lastTransitionTime").asText()).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void aConditionThatTurnsHasTheTimeOfItsTurnInWholeSeconds() {
    ObjectNode status = merged(MissingNode.getInstance(), wanted(3, holds(true)), THEN);

    JsonNode after = merged(reread(status), wanted(3, holds(false)), LATER);

    JsonNode condition = after.at("/parents/0/conditions/0");
    assertThat(condition.path("status").asText()).isEqualTo("False");
    assertThat(condition.path("lastTransitionTime").asText()).isEqualTo("2026-01-02T00:00:00Z");
  }

  @Test
  void whatOthersSayStaysAsItIs() {
    JsonNode others = json("{\"parents\":[" + GATEWAYS + "],\"theirs\":1}");

    ObjectNode both = merged(others, wanted(1, holds(true)), THEN);
    ObjectNode alone =
        merged(reread(both), new WantedStatus(Shape.PARENTS, "u", 2, List.of()), LATER);

    assertThat(both.path("parents")).hasSize(2).contains(json(GATEWAYS));
    assertThat(both.path("theirs").asInt()).isEqualTo(1);
    assertThat(alone).isEqualTo(others);
  }

  @Test
  void nothingToSayOfNothingIsNoStatus() {
    assertThat(
            StatusMerge.merge(
                MissingNode.getInstance(),
                new WantedStatus(Shape.ANCESTORS, "u", 1, List.of()),
                THEN))
        .isNull();
  }

  @Test
  void anotherOrderOfTheEntriesIsNoDifference() {
    ObjectNode both =
        merged(json("{\"parents\":[" + GATEWAYS + "]}"), wanted(1, holds(true)), THEN);
    JsonNode turned =
        json("{\"parents\":[" + both.at("/parents/1") + "," + both.at("/parents/0") + "]}");

    assertThat(StatusMerge.merge(turned, wanted(1, holds(true)), LATER)).isNull();
  }

  private static WantedStatus wanted(long generation, Condition condition) {
    return new WantedStatus(
        Shape.PARENTS,
        "u",
        generation,
        List.of(new Entry(json("{\"kind\":\"Service\",\"name\":\"web\"}"), List.of(condition))));
  }

  private static Condition holds(boolean holds) {
    return new Condition("Accepted", holds, "Accepted", "so it is");
  }

  private static ObjectNode merged(JsonNode status, WantedStatus wanted, Instant now) {
    return Objects.requireNonNull(StatusMerge.merge(status, wanted, now));
  }

  /** As the API server gives it back. */
  private static JsonNode reread(JsonNode node) {
    return json(node.toString());
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
