package dev.weft.sidecar.codec;

/** Assertions of the fuzz targets: errors, so that nothing on the way takes them for a failure. */
final class Check {
  private Check() {}

  static void that(boolean holds, String otherwise, Object... values) {
    if (!holds) {
      throw new AssertionError(otherwise.formatted(values));
    }
  }

  static void same(Object expected, Object actual, String what) {
    that(expected.equals(actual), "%s: expected %s but was %s", what, expected, actual);
  }
}
