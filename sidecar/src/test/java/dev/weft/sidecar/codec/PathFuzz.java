package dev.weft.sidecar.codec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Any path: one form, which stays as it is, has no dot segments, and is the reference's. */
public final class PathFuzz {
  private PathFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    byte[] path = new byte[input.length + 1];
    path[0] = '/';
    for (int i = 0; i < input.length; i++) {
      // What the head's parser lets through in a path.
      byte b = input[i];
      path[i + 1] = Chars.target(b) && b != '?' && b != '#' ? b : (byte) 'x';
    }
    for (PathRules.EncodedSlashes slashes : PathRules.EncodedSlashes.values()) {
      rules(path, new PathRules(false, slashes));
      rules(path, new PathRules(true, slashes));
    }
    byte[] one = path.clone();
    int end = Paths.normalise(ByteBuffer.wrap(one), 0, one.length);
    if (end >= 0) {
      Check.same(
          ReferencePath.normalise(new String(path, StandardCharsets.ISO_8859_1)),
          new String(one, 0, end, StandardCharsets.ISO_8859_1),
          "the normal form");
    }
  }

  private static void rules(byte[] path, PathRules rules) {
    byte[] once = path.clone();
    int end = Paths.normalise(ByteBuffer.wrap(once), 0, once.length, rules);
    if (end < 0) {
      Check.that(!Paths.problem(end).isEmpty(), () -> "a refusal without a reason");
      return;
    }
    byte[] twice = Arrays.copyOf(once, end);
    int again = Paths.normalise(ByteBuffer.wrap(twice), 0, end, rules);
    String first = new String(once, 0, end, StandardCharsets.ISO_8859_1);
    Check.that(again >= 0, () -> "%s is refused the second time".formatted(first));
    Check.same(first, new String(twice, 0, again, StandardCharsets.ISO_8859_1), "idempotence");
    List<String> segments = List.of(first.split("/", -1));
    Check.that(
        first.startsWith("/") && !segments.contains(".") && !segments.contains(".."),
        () -> "dot segments are left in %s".formatted(first));
    Check.that(first.indexOf('\\') < 0, () -> "a backslash is left in %s".formatted(first));
  }
}
