package dev.weft.sidecar.codec;

import java.util.function.Supplier;

/** Assertions of the fuzz targets: errors, so that nothing on the way takes them for a failure. */
public final class Check {
  private Check() {}

  public static void that(boolean holds, Supplier<String> otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise.get());
    }
  }

  public static void same(Object expected, Object actual, String what) {
    that(expected.equals(actual), () -> what + ": expected " + expected + " but was " + actual);
  }
}
