package dev.weft.sidecar.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the proxy's own, written from a row of {@link Failure}: RFC 9457 problem details.
 *
 * @param detail one sentence for a person: what was wrong, where, what to do
 * @param hop the value of the hop header, or null when the caller is no sidecar
 */
public record LocalReply(Failure failure, String detail, byte @Nullable [] hop) {
  public static final String CONTENT_TYPE = "application/problem+json";

  /** What {@code Allow} says with {@link Failure#METHOD_NOT_SUPPORTED}. */
  public static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE";

  public static LocalReply of(Failure failure, String detail) {
    return new LocalReply(failure, detail, null);
  }

  /** The body; UTF-8. */
  public byte[] body() {
    var json = new StringBuilder(160);
    json.append("{\"type\":\"about:blank\",\"title\":");
    quote(json, failure.title());
    json.append(",\"status\":").append(failure.status()).append(",\"detail\":");
    quote(json, detail);
    json.append(",\"flag\":");
    quote(json, failure.flag());
    return json.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
