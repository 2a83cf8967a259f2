package dev.weft.sidecar.app.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Command-line flags, {@code --name value} or {@code --name=value}, with the environment ({@code
 * WEFT_NAME}) as the second place to look and a default as the third. No library: a sidecar has few
 * flags and little memory.
 */
public final class Flags {
  private static final int MAX_TYPO = 2;
  private static final String ON = "on";

  private final List<Flag> known;
  private final Map<String, List<String>> given = new LinkedHashMap<>();

  /**
   * One flag.
   *
   * @param placeholder empty: it is a switch, which takes no value
   * @param fallback null: it must be given
   */
  public record Flag(String name, String placeholder, @Nullable String fallback, String help) {
    String variable() {
      return "WEFT_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
  }

  /**
   * Reads arguments and environment.
   *
   * @throws IllegalArgumentException naming the flag that is wrong
   */
  public Flags(List<Flag> known, List<String> arguments, Map<String, String> environment) {
    this.known = known;
    for (Flag flag : known) {
      String value = environment.get(flag.variable());
      if (value != null && !value.isEmpty()) {
        given.put(flag.name(), new ArrayList<>(List.of(value)));
      }
    }
    var seen = new ArrayList<String>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      int equals = argument.indexOf('=');
      boolean inline = equals > 0;
      String name = inline ? argument.substring(0, equals) : argument;
      Flag flag = find(name);
      boolean isSwitch = flag.placeholder().isEmpty();
      boolean valueIsNext = !isSwitch && !inline;
      if ((isSwitch && inline) || (valueIsNext && i + 1 == arguments.size())) {
        throw new IllegalArgumentException(
            name + (isSwitch ? " takes no value" : " needs a value: " + flag.placeholder()));
      }
      String value = inline ? argument.substring(equals + 1) : isSwitch ? ON : arguments.get(++i);
      if (!seen.contains(flag.name())) {
        // What stands on the command line replaces what stands in the environment.
        seen.add(flag.name());
        given.put(flag.name(), new ArrayList<>());
      }
      given.computeIfAbsent(flag.name(), n -> new ArrayList<>()).add(value);
    }
  }

  /** The value of a flag that must be there. */
  public String text(String name) {
    String value = optional(name);
    if (value == null) {
      throw missing(name);
    }
    return value;
  }

  private IllegalArgumentException missing(String name) {
    return new IllegalArgumentException(
        "--" + name + " is missing (or " + find("--" + name).variable() + " in the environment)");
  }

  /** The same for one that has an empty default because another flag can stand for it. */
  String required(String name) {
    String value = text(name);
    if (value.isEmpty()) {
      throw missing(name);
    }
    return value;
  }

  /** The last value given, or the default, or null. */
  @Nullable String optional(String name) {
    List<String> values = given.get(name);
    return values == null || values.isEmpty() ? find("--" + name).fallback() : values.getLast();
  }

  /** Every value given; from the environment they are separated by commas. */
  public List<String> all(String name) {
    var all = new ArrayList<String>();
    for (String value : given.getOrDefault(name, List.of())) {
      for (String part : value.split(",")) {
        if (!part.isBlank()) {
          all.add(part.trim());
        }
      }
    }
    return all;
  }

  public int number(String name, int min, int max) {
    String value = text(name);
    try {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw new IllegalArgumentException(
        "--" + name + " is \"" + value + "\": expected a number from " + min + " to " + max);
  }

  /** Whether it is the second of two values; the first is the default. */
  boolean second(String name, String first, String second) {
    String value = text(name);
    if (!value.isEmpty() && !value.equals(first) && !value.equals(second)) {
      throw new IllegalArgumentException(
          "--" + name + " is \"" + value + "\": expected " + first + " or " + second);
    }
    return value.equals(second);
  }

  /** A file or folder; null when it is not given. */
  @Nullable Path path(String name) {
    String text = text(name);
    try {
      return text.isEmpty() ? null : Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("--" + name + " is no path: " + e.getMessage(), e);
    }
  }

  /** Whether a switch is given. */
  public boolean given(String name) {
    return ON.equals(optional(name));
  }

  /** The text of {@code --help}. */
  public static String usage(String head, List<Flag> flags) {
    var text = new StringBuilder(head).append("\n\n");
    for (Flag flag : flags) {
      text.append(
          String.format(
              "  %-34s %s%s%n",
              ("--" + flag.name() + " " + flag.placeholder()).strip(),
              flag.help(),
              flag.fallback() == null || flag.fallback().isEmpty()
                  ? ""
                  : " (" + flag.fallback() + ")"));
    }
    return text.append(
            "\nEvery flag can stand in the environment, too: --node-id as WEFT_NODE_ID.\n")
        .toString();
  }

  private Flag find(String argument) {
    String nearest = "";
    int best = MAX_TYPO + 1;
    for (Flag flag : known) {
      String name = "--" + flag.name();
      if (name.equals(argument)) {
        return flag;
      }
      int distance = distance(name, argument);
      if (distance < best) {
        best = distance;
        nearest = name;
      }
    }
    throw new IllegalArgumentException(
        "unknown flag "
            + argument
            + (nearest.isEmpty() ? "" : ": did you mean " + nearest + "?")
            + " (--help lists all)");
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
