package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Heads without a codec. */
public final class TestHeads {
  private TestHeads() {}

  /**
   * A request.
   *
   * @param lines each {@code name: value}
   */
  public static HeadView request(String method, String... lines) {
    return head(method, 0, lines);
  }

  /** A response, or trailers when the status is 0. */
  public static HeadView response(int status, String... lines) {
    return head("", status, lines);
  }

  private static HeadView head(String method, int status, String... lines) {
    byte[] all = (method + String.join("", lines)).getBytes(StandardCharsets.ISO_8859_1);
    var filler = new HeadView.Filler();
    filler.begin(ByteBuffer.wrap(all));
    filler.method(0, method.length());
    filler.status(status);
    int at = method.length();
    for (String line : lines) {
      int colon = line.indexOf(':');
      filler.header(at, at + colon, at + colon + 2, at + line.length());
      at += line.length();
    }
    return filler.view();
  }

  /** The lines that a plan adds. */
  public static String lines(HeadPlan plan) {
    return new String(plan.lines(), 0, plan.linesLength(), StandardCharsets.ISO_8859_1);
  }
}
