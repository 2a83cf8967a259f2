package dev.weft.controlplane.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Joins what we want to say with the status that an object has: entries of other controllers stay
 * as they are, and a condition whose answer is the same keeps the time of its last change (as
 * Kubernetes' API conventions want it). Pure.
 */
final class StatusMerge {
  /** Whose entries are ours. */
  static final String CONTROLLER = "weft.dev/mesh-controller";

  private static final String CONTROLLER_NAME = "controllerName";
  private static final String CONDITIONS = "conditions";
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private StatusMerge() {}

  /**
   * The status as it should be.
   *
   * @param status what is there; a missing node: nothing yet
   * @return null when that says it already
   */
  static @Nullable ObjectNode merge(JsonNode status, WantedStatus wanted, Instant now) {
    ArrayNode entries = JSON.arrayNode();
    JsonNode before = status.path(wanted.shape().list);
    for (JsonNode entry : before) {
      if (!isOurs(entry)) {
        entries.add(entry);
      }
    }
    for (WantedStatus.Entry entry : wanted.entries()) {
      if (entries.size() < wanted.shape().max) {
        entries.add(entry(before, wanted, entry, now));
      }
    }
    if (before.isArray() ? sameEntries(before, entries) : entries.isEmpty()) {
      return null;
    }
    ObjectNode merged = status.isObject() ? ((ObjectNode) status).deepCopy() : JSON.objectNode();
    merged.set(wanted.shape().list, entries);
    return merged;
  }

  /** The order in which controllers came to speak is nobody's business. */
  private static boolean sameEntries(JsonNode before, ArrayNode after) {
    if (before.size() != after.size()) {
      return false;
    }
    for (JsonNode entry : after) {
      boolean found = false;
      for (JsonNode other : before) {
        found |= other.equals(entry);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private static ObjectNode entry(
      JsonNode before, WantedStatus wanted, WantedStatus.Entry entry, Instant now) {
    ObjectNode node = JSON.objectNode();
    node.set(wanted.shape().reference, entry.reference());
    node.put(CONTROLLER_NAME, CONTROLLER);
    JsonNode known = known(before, wanted, entry.reference());
    ArrayNode conditions = node.putArray(CONDITIONS);
    for (Condition condition : entry.conditions()) {
      conditions.add(condition(known, wanted.generation(), condition, now));
    }
    if (entry.accepted() && !entry.says(InForceCondition.TYPE)) {
      // Nothing is known at present: what was said of the same version stays.
      for (JsonNode old : known) {
        if (old.path("type").asText().equals(InForceCondition.TYPE)
            && old.path("observedGeneration").asLong() == wanted.generation()) {
          conditions.add(old);
        }
      }
    }
    return node;
  }

  private static ObjectNode condition(
      JsonNode known, long generation, Condition condition, Instant now) {
    String status = condition.holds() ? "True" : "False";
    String since = now.truncatedTo(ChronoUnit.SECONDS).toString();
    for (JsonNode old : known) {
      if (old.path("type").asText().equals(condition.type())
          && old.path("status").asText().equals(status)) {
        since = old.path("lastTransitionTime").asText(since);
      }
    }
    ObjectNode node = JSON.objectNode();
    node.put("type", condition.type());
    node.put("status", status);
    // As a parser would have it: an int and a long are not equal to Jackson.
    if (generation == (int) generation) {
      node.put("observedGeneration", (int) generation);
    } else {
      node.put("observedGeneration", generation);
    }
    node.put("lastTransitionTime", since);
    node.put("reason", condition.reason());
    node.put("message", condition.message());
    return node;
  }

  private static JsonNode known(JsonNode before, WantedStatus wanted, JsonNode reference) {
    for (JsonNode entry : before) {
      if (isOurs(entry) && entry.path(wanted.shape().reference).equals(reference)) {
        return entry.path(CONDITIONS);
      }
    }
    return JSON.missingNode();
  }

  private static boolean isOurs(JsonNode entry) {
    return entry.path(CONTROLLER_NAME).asText().equals(CONTROLLER);
  }
}
