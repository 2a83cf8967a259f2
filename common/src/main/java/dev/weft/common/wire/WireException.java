package dev.weft.common.wire;

import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.ResourceName;

/** A resource that must not come into force: where it is wrong, and what was expected there. */
public final class WireException extends Exception {
  private static final int MAX_VALUE = 80;

  private final transient ResourceName resource;
  private final String fieldPath;
  private final String value;
  private final String expected;

  WireException(ResourceName resource, String fieldPath, Object value, String expected) {
    super(message(resource, fieldPath, shorten(value), expected));
    this.resource = resource;
    this.fieldPath = fieldPath;
    this.value = shorten(value);
    this.expected = expected;
  }

  /** Which resource; the default instance when it has no name. */
  public ResourceName resource() {
    return resource;
  }

  /** E.g. {@code routes[0].backends[1].cluster}; empty for the resource as a whole. */
  public String fieldPath() {
    return fieldPath;
  }

  /** The offending value, shortened. */
  public String value() {
    return value;
  }

  public String expected() {
    return expected;
  }

  /** As a sidecar refuses it. */
  public Rejection toRejection() {
    return Rejection.newBuilder()
        .setResource(resource)
        .setFieldPath(fieldPath)
        .setMessage("is " + value + ", expected " + expected)
        .build();
  }

  private static String message(
      ResourceName resource, String fieldPath, String value, String expected) {
    return resource.getKind()
        + " "
        + resource.getName()
        + (fieldPath.isEmpty() ? "" : " " + fieldPath)
        + ": is "
        + value
        + ", expected "
        + expected;
  }

  private static String shorten(Object value) {
    String text = String.valueOf(value);
    String shown =
        text.length() <= MAX_VALUE
            ? text
            : text.substring(0, MAX_VALUE) + "... (" + text.length() + " characters)";
    if (!(value instanceof CharSequence)) {
      return shown;
    }
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      if (c < 0x20 || c == 0x7f) {
        quoted.append(String.format("\\x%02x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
