package dev.weft.common.wire;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The syntax of an application's configuration, once for both sides and for the documents that
 * people write. Pure; none of it throws.
 */
public final class ConfigSyntax {
  /** Longest key, which is also the name of a file. */
  public static final int MAX_KEY = 128;

  /** Longest value, in bytes of UTF-8. */
  public static final int MAX_VALUE_BYTES = 64 << 10;

  /** Most labels by which an entry chooses instances. */
  public static final int MAX_LABELS = 16;

  private static final int MAX_CONTENT_TYPE = 128;

  private ConfigSyntax() {}

  /** Letters, digits, '.', '_' and '-', beginning and ending with a letter or digit. */
  public static boolean isKey(String text) {
    if (text.isEmpty() || text.length() > MAX_KEY) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean inside = i > 0 && i < text.length() - 1;
      if (!isLetterOrDigit(c) && !(inside && (c == '.' || c == '_' || c == '-'))) {
        return false;
      }
    }
    return true;
  }

  /** A media type, with parameters or without: {@code text/plain; charset=utf-8}. */
  public static boolean isContentType(String text) {
    if (text.length() > MAX_CONTENT_TYPE || !Syntax.isHeaderValue(text)) {
      return false;
    }
    int end = text.indexOf(';');
    String type = (end < 0 ? text : text.substring(0, end)).stripTrailing();
    int slash = type.indexOf('/');
    return slash > 0
        && Syntax.isToken(type.substring(0, slash))
        && Syntax.isToken(type.substring(slash + 1));
  }

  /** What was expected of a text that can be no value; null when it can. */
  public static @Nullable String valueError(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
        return "text without control characters; encode what is binary, e.g. as base64";
      }
    }
    return bytes(text) > MAX_VALUE_BYTES ? "at most " + MAX_VALUE_BYTES + " bytes" : null;
  }

  /** How long a text is in UTF-8. */
  public static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || Syntax.isDigit(c);
  }
}
