package dev.weft.controlplane.status;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.controlplane.validate.RouteConditions;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import java.util.ArrayList;
import java.util.List;

/**
 * What we have to say in one object's status. Immutable.
 *
 * @param shape where it stands
 * @param uid of the object that was looked at: another one of its name is told anew
 * @param generation of the object that was looked at
 * @param entries one for each parent or target that is ours to speak of; none: nothing is
 */
record WantedStatus(Shape shape, String uid, long generation, List<Entry> entries) {
  WantedStatus {
    entries = List.copyOf(entries);
  }

  /** The two forms of a status that has one entry per relative, and names whose entry it is. */
  enum Shape {
    /** Of a route (Gateway API, RouteStatus). */
    PARENTS("parents", "parentRef", 32),
    /** Of a policy (GEP-713, PolicyStatus). */
    ANCESTORS("ancestors", "ancestorRef", 16);

    final String list;
    final String reference;
    final int max;

    Shape(String list, String reference, int max) {
      this.list = list;
      this.reference = reference;
      this.max = max;
    }
  }

  /**
   * What we say to one relative.
   *
   * @param reference as the object's spec has it
   */
  record Entry(JsonNode reference, List<Condition> conditions) {
    Entry {
      conditions = List.copyOf(conditions);
    }

    boolean accepted() {
      return conditions.stream()
          .anyMatch(each -> each.type().equals(RouteConditions.ACCEPTED) && each.holds());
    }

    boolean says(String type) {
      return conditions.stream().anyMatch(each -> each.type().equals(type));
    }

    private Entry with(Condition condition) {
      var all = new ArrayList<>(conditions);
      all.add(condition);
      return new Entry(reference, all);
    }
  }

  /** Whether it is accepted by anyone: else there is nothing that could be in force. */
  boolean accepted() {
    return entries.stream().anyMatch(Entry::accepted);
  }

  /** The same with one more condition for each relative that accepts it. */
  WantedStatus with(Condition condition) {
    return new WantedStatus(
        shape,
        uid,
        generation,
        entries.stream().map(entry -> entry.accepted() ? entry.with(condition) : entry).toList());
  }

  /** Those conditions that do not hold, each once. */
  List<Condition> problems() {
    return entries.stream()
        .flatMap(entry -> entry.conditions().stream())
        .filter(condition -> !condition.holds())
        .distinct()
        .toList();
  }
}
