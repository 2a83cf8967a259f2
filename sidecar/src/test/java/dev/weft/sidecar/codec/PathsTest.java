package dev.weft.sidecar.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sidecar.codec.PathRules.EncodedSlashes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathsTest {
  private static String normalise(String path, PathRules rules) {
    // In the midst of other bytes, as in a receive buffer.
    byte[] bytes = ("x" + path + "0041").getBytes(StandardCharsets.ISO_8859_1);
    int end = Paths.normalise(ByteBuffer.wrap(bytes), 1, 1 + path.length(), rules);
    assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).startsWith("x").endsWith("0041");
    return end < 0
        ? String.valueOf(end)
        : new String(bytes, 1, end - 1, StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource({
    // path, as it comes, with slashes merged, with encoded slashes refused, and decoded
    "/, /, /, /, /",
    "/a/b, /a/b, /a/b, /a/b, /a/b",
    "/a/./b, /a/b, /a/b, /a/b, /a/b",
    "/a/../b, /b, /b, /b, /b",
    "/a/.., /, /, /, /",
    "/a/b/., /a/b/, /a/b/, /a/b/, /a/b/",
    "/.well-known/x, /.well-known/x, /.well-known/x, /.well-known/x, /.well-known/x",
    "/..., /..., /..., /..., /...",
    "/.., -1, -1, -1, -1",
    "/a/../../b, -1, -1, -1, -1",
    "/%2e%2E/b, -1, -1, -1, -1",
    "/a/%2e%2e/b, /b, /b, /b, /b",
    "/a/.%2e/b, /b, /b, /b, /b",
    "/%61dmin, /admin, /admin, /admin, /admin",
    "/%7Euser%2d%5F, /~user-_, /~user-_, /~user-_, /~user-_",
    "/a%3fb%3Bc, /a%3Fb%3Bc, /a%3Fb%3Bc, /a%3Fb%3Bc, /a%3Fb%3Bc",
    "/%e4%C3, /%E4%C3, /%E4%C3, /%E4%C3, /%E4%C3",
    "/a%20b, /a%20b, /a%20b, /a%20b, /a%20b",
    "/%252e%252e/b, /%252e%252e/b, /%252e%252e/b, /%252e%252e/b, /%252e%252e/b",
    "/%25252f, /%25252f, /%25252f, /%25252f, /%25252f",
    "/a%2fb, /a%2Fb, /a%2Fb, -5, /a/b",
    "/a%5cb, /a%5Cb, /a%5Cb, -5, /a/b",
    "/a%2f..%2fb, -5, -5, -5, /b",
    "/a%2f../b, -5, -5, -5, /b",
    "/a/..%2Fb, -5, -5, -5, /b",
    "/a/..%5cb, -5, -5, -5, /b",
    "/a%2f%2e%2e, -5, -5, -5, /",
    "/a%2f.b, /a%2F.b, /a%2F.b, -5, /a/.b",
    "//a//b//, //a//b//, /a/b/, //a//b//, //a//b//",
    "/a//../b, /a/b, /b, /a/b, /a/b",
    "/a\\b, -4, -4, -4, -4",
    "/a%00b, -3, -3, -3, -3",
    "/a%, -2, -2, -2, -2",
    "/a%4, -2, -2, -2, -2",
    "/a%4g, -2, -2, -2, -2",
    "/a%zz/.., -2, -2, -2, -2",
    "/a;b=c/d, /a;b=c/d, /a;b=c/d, /a;b=c/d, /a;b=c/d"
  })
  void onePathHasOneForm(String path, String asIs, String merged, String refused, String decoded) {
    assertThat(normalise(path, PathRules.DEFAULT)).isEqualTo(asIs);
    assertThat(normalise(path, new PathRules(true, EncodedSlashes.KEEP))).isEqualTo(merged);
    assertThat(normalise(path, new PathRules(false, EncodedSlashes.REFUSE))).isEqualTo(refused);
    assertThat(normalise(path, new PathRules(false, EncodedSlashes.DECODE))).isEqualTo(decoded);
  }

  @Test
  void theFormIsFinal() {
    var random = new java.util.Random(11);
    String[] parts = {"/", ".", "..", "%2e", "%2F", "%5c", "a", "%61", "%25", "//", "%41", ";"};
    for (int i = 0; i < 20_000; i++) {
      var path = new StringBuilder("/");
      for (int n = random.nextInt(8); n > 0; n--) {
        path.append(parts[random.nextInt(parts.length)]);
      }
      for (EncodedSlashes slashes : EncodedSlashes.values()) {
        for (boolean merge : new boolean[] {false, true}) {
          var rules = new PathRules(merge, slashes);
          String once = normalise(path.toString(), rules);
          if (once.startsWith("/")) {
            assertThat(normalise(once, rules)).as(path + " by " + rules).isEqualTo(once);
            assertThat(once.split("/", -1)).doesNotContain(".", "..");
          }
        }
      }
    }
  }
}
