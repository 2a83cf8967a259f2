package dev.weft.common.wire;

import com.google.protobuf.Internal.EnumLite;
import dev.weft.proto.discovery.v1.ResourceName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A place in a resource, with the checks that can fail there. The path becomes text only when one
 * does.
 */
final class At {
  private final ResourceName resource;
  private final @Nullable At parent;
  private final String name;
  private final int index;

  private At(ResourceName resource, @Nullable At parent, String name, int index) {
    this.resource = resource;
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  static At root(ResourceName resource) {
    return new At(resource, null, "", -1);
  }

  At field(String field) {
    return new At(resource, this, field, -1);
  }

  At item(String field, int item) {
    return new At(resource, this, field, item);
  }

  String resourceName() {
    return resource.getName();
  }

  WireException wrong(Object value, String expected) {
    return new WireException(resource, path(), value, expected);
  }

  void check(boolean holds, Object value, String expected) throws WireException {
    if (!holds) {
      throw wrong(value, expected);
    }
  }

  String text(String value, int maxLength) throws WireException {
    check(!value.isEmpty(), value, "a value");
    return optionalText(value, maxLength);
  }

  String optionalText(String value, int maxLength) throws WireException {
    check(value.length() <= maxLength, value, "at most " + maxLength + " characters");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      check(c >= 0x20 && c != 0x7f, value, "text without control characters");
    }
    return value;
  }

  String dnsLabel(String value) throws WireException {
    check(Syntax.isDnsLabel(value), value, "a DNS label: 1 to 63 of a-z, 0-9 and \"-\"");
    return value;
  }

  String regex(String value) throws WireException {
    String error = Syntax.regexError(value);
    if (error != null) {
      throw wrong(value, error);
    }
    return value;
  }

  int range(int value, int min, int max) throws WireException {
    check(value >= min && value <= max, value, min + " to " + max);
    return value;
  }

  /** A time of {@code min} nanoseconds to a day. */
  long nanos(long value, long min) throws WireException {
    check(
        value >= min && value <= Syntax.MAX_NANOS, value, min + " to " + Syntax.MAX_NANOS + " ns");
    return value;
  }

  void count(List<?> list, int max) throws WireException {
    check(list.size() <= max, list.size() + " items", "at most " + max);
  }

  <E extends Enum<E> & EnumLite> E known(E value) throws WireException {
    boolean unset = !value.name().equals("UNRECOGNIZED") && value.getNumber() == 0;
    check(!value.name().equals("UNRECOGNIZED") && !unset, value.name(), "one of the known values");
    return value;
  }

  /** A set that {@link #unique} fills. */
  static Set<String> names() {
    return new HashSet<>();
  }

  void unique(Set<String> seen, String value) throws WireException {
    check(seen.add(value), value, "a value that occurs once");
  }

  private String path() {
    String own = index < 0 ? name : name + "[" + index + "]";
    String before = parent == null ? "" : parent.path();
    return before.isEmpty() ? own : before + "." + own;
  }
}
