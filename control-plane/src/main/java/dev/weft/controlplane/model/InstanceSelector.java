package dev.weft.controlplane.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Chooses instances in the grammar of kubectl's {@code -l}: {@code version=v2,zone!=b,!old,tier in
 * (a,b)}. A key means a label, where the instance has it; else its metadata; else what the registry
 * knows of it. Immutable.
 *
 * <p>Source: Kubernetes, "Labels and Selectors" (equality-based and set-based requirements; an
 * instance without the key satisfies {@code !=} and {@code notin}).
 */
public final class InstanceSelector {
  /** Chooses all. */
  public static final InstanceSelector ALL = new InstanceSelector(List.of());

  /** Longer ones are refused. */
  private static final int MAX_LENGTH = 4096;

  private static final String KEY = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
  private static final String VALUE = "[^\\s,()=!<>]*";
  private static final Pattern COMPARED =
      Pattern.compile("(" + KEY + ")\\s*(==|=|!=|<|>)\\s*(" + VALUE + ")");
  private static final Pattern LISTED =
      Pattern.compile("(" + KEY + ")\\s+(in|notin)\\s*\\(([^()]*)\\)");
  private static final Pattern EXISTS = Pattern.compile("(!?)\\s*(" + KEY + ")");

  private final List<Requirement> requirements;

  private record Requirement(String key, Predicate<@Nullable String> holds) {}

  private InstanceSelector(List<Requirement> requirements) {
    this.requirements = requirements;
  }

  /**
   * Reads a selector.
   *
   * @throws IllegalArgumentException which says what cannot be understood, and what was expected
   */
  public static InstanceSelector parse(String text) {
    if (text.isBlank()) {
      return ALL;
    }
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "has " + text.length() + " characters, expected at most " + MAX_LENGTH);
    }
    List<Requirement> all = new ArrayList<>();
    for (String part : parts(text)) {
      all.add(requirement(part.strip()));
    }
    return new InstanceSelector(List.copyOf(all));
  }

  /** Whether the instance is one of those that are meant. */
  public boolean selects(Workload workload) {
    for (Requirement requirement : requirements) {
      if (!requirement.holds().test(value(workload, requirement.key()))) {
        return false;
      }
    }
    return true;
  }

  /** At the commas that do not stand in a list of values. */
  private static List<String> parts(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth <= 0) {
        parts.add(text.substring(begin, i));
        begin = i + 1;
      }
    }
    parts.add(text.substring(begin));
    return parts;
  }

  private static Requirement requirement(String part) {
    Matcher compared = COMPARED.matcher(part);
    if (compared.matches()) {
      return compared(compared.group(1), compared.group(2), compared.group(3));
    }
    Matcher listed = LISTED.matcher(part);
    if (listed.matches()) {
      Set<String> values = new LinkedHashSet<>();
      Arrays.stream(listed.group(3).split(",", -1)).map(String::strip).forEach(values::add);
      boolean in = listed.group(2).equals("in");
      return new Requirement(
          listed.group(1), value -> (value != null && values.contains(value)) == in);
    }
    Matcher exists = EXISTS.matcher(part);
    if (exists.matches()) {
      boolean absent = !exists.group(1).isEmpty();
      return new Requirement(exists.group(2), value -> (value == null) == absent);
    }
    throw new IllegalArgumentException(
        "cannot be understood at \""
            + part
            + "\", expected KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY, !KEY,"
            + " KEY>NUMBER or KEY<NUMBER, separated by commas");
  }

  private static Requirement compared(String key, String operator, String wanted) {
    return switch (operator) {
      case "!=" -> new Requirement(key, value -> !wanted.equals(value));
      case "<", ">" -> {
        long limit = number(key + operator + wanted, wanted);
        boolean less = operator.equals("<");
        yield new Requirement(key, value -> compares(value, limit, less));
      }
      default -> new Requirement(key, wanted::equals);
    };
  }

  private static boolean compares(@Nullable String value, long limit, boolean less) {
    if (value == null || !value.matches("-?\\d{1,18}")) {
      return false;
    }
    long number = Long.parseLong(value);
    return less ? number < limit : number > limit;
  }

  private static long number(String part, String text) {
    if (!text.matches("-?\\d{1,18}")) {
      throw new IllegalArgumentException(
          "cannot be understood at \"" + part + "\": \"" + text + "\" is no whole number");
    }
    return Long.parseLong(text);
  }

  private static @Nullable String value(Workload workload, String key) {
    String label = workload.labels().get(key);
    if (label != null) {
      return label;
    }
    String metadata = workload.metadata().get(key);
    return metadata != null ? metadata : known(workload, key);
  }

  private static @Nullable String known(Workload workload, String key) {
    PodEndpoint pod = workload.pod();
    String value =
        switch (key) {
          case "address" -> workload.address();
          case "id" -> workload.id();
          case "namespace" -> workload.namespace();
          case "node" -> pod == null ? "" : pod.node();
          case "peer" -> workload.sidecar() ? "sidecar" : "application";
          case "region" -> workload.locality().region();
          case "service" -> workload.service();
          case "source" -> workload.source();
          case "state" ->
              workload.readinessInForce().name().toLowerCase(Locale.ROOT).replace('_', '-');
          case "sub-zone" -> workload.locality().subZone();
          case "weight" -> Integer.toString(workload.weightInForce());
          case "zone" -> workload.locality().zone();
          default -> "";
        };
    return value.isEmpty() ? null : value;
  }
}
