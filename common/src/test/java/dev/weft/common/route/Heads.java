package dev.weft.common.route;

import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Request heads for tests, filled as the HTTP/1.1 codec does: ranges of one slab. */
final class Heads {
  private Heads() {}

  /** A view of a request; {@code headers} are names and values in turn. */
  static HeadView request(String method, String path, String query, String... headers) {
    var text = new StringBuilder("##");
    int methodStart = append(text, method);
    int pathStart = append(text, path);
    int queryStart = append(text, query);
    int[] starts = new int[headers.length];
    for (int i = 0; i < headers.length; i++) {
      starts[i] = append(text, headers[i]);
    }
    var filler = new HeadView.Filler();
    filler.begin(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.ISO_8859_1)));
    filler.method(methodStart, methodStart + method.length());
    filler.path(pathStart, pathStart + path.length());
    filler.query(queryStart, queryStart + query.length());
    for (int i = 0; i < headers.length; i += 2) {
      filler.header(
          starts[i],
          starts[i] + headers[i].length(),
          starts[i + 1],
          starts[i + 1] + headers[i + 1].length());
    }
    return filler.view();
  }

  private static int append(StringBuilder text, String part) {
    int start = text.length();
    text.append(part).append('\n');
    return start;
  }
}
