package dev.weft.common.wire;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The syntax of names and values, once for both sides and for the documents that people write.
 * Pure; none of it throws.
 */
public final class Syntax {
  /** Longest regular expression. */
  public static final int MAX_REGEX = 1024;

  /** Longest path of a match. */
  public static final int MAX_PATH = 1024;

  /** Longest value of a header or query parameter. */
  public static final int MAX_VALUE = 4096;

  /** Longest name of a header or query parameter. */
  public static final int MAX_NAME = 256;

  /** Highest weight of a backend or endpoint. */
  public static final int MAX_WEIGHT = 1_000_000;

  /** Longest time for which a browser may keep the answer to a preflight: a day. */
  public static final int MAX_CORS_AGE_SECONDS = 86_400;

  /** Longest time that can be configured: a day. */
  public static final long MAX_NANOS = 24L * 3_600_000_000_000L;

  /** Shortest interval between two health checks of an endpoint: 10 ms. */
  public static final long MIN_CHECK_NANOS = 10_000_000L;

  /**
   * Headers that frame a message or belong to one hop: an edit of them could make the two sides of
   * a connection disagree about where a message ends.
   */
  private static final Set<String> NOT_EDITABLE =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "weft-hop");

  private static final Pattern CORS_ORIGIN =
      Pattern.compile(
          "[a-zA-Z][a-zA-Z0-9+.-]*://([*]|([*][.])?[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?"
              + "|\\[[0-9a-fA-F:.]+\\])(:[1-9][0-9]{0,4})?");

  private Syntax() {}

  /** 1 to 63 of a-z, 0-9 and '-', starting and ending with a letter or digit. */
  public static boolean isDnsLabel(String text) {
    return text.length() <= 63 && isLabel(text, 0, text.length());
  }

  /** Labels joined by dots, 253 characters at most. */
  public static boolean isDnsName(String text) {
    if (text.length() > 253) {
      return false;
    }
    int start = 0;
    while (true) {
      int dot = text.indexOf('.', start);
      int end = dot < 0 ? text.length() : dot;
      if (end - start > 63 || !isLabel(text, start, end)) {
        return false;
      }
      if (dot < 0) {
        return true;
      }
      start = dot + 1;
    }
  }

  /** A DNS name whose first label may be "*": any labels, at least one. */
  public static boolean isServerName(String text) {
    return isDnsName(text.startsWith("*.") ? text.substring(2) : text);
  }

  private static boolean isLabel(String text, int start, int end) {
    if (start >= end || text.charAt(start) == '-' || text.charAt(end - 1) == '-') {
      return false;
    }
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (!isLower(c) && !isDigit(c) && c != '-') {
        return false;
      }
    }
    return true;
  }

  /** An HTTP token (RFC 9110), e.g. a method. */
  public static boolean isToken(String text) {
    if (text.isEmpty() || text.length() > MAX_NAME) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = isLower(c) || (c >= 'A' && c <= 'Z');
      if (!letter && !isDigit(c) && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  /** A token without upper-case letters: a header's name as we keep it. */
  public static boolean isLowerCaseToken(String text) {
    return isToken(text) && text.chars().noneMatch(c -> c >= 'A' && c <= 'Z');
  }

  /** Whether a policy may set, add or remove this header (lower case). */
  public static boolean isEditableHeader(String lowerCaseName) {
    return !NOT_EDITABLE.contains(lowerCaseName);
  }

  /**
   * An origin as a CORS policy names it: {@code *}, or {@code scheme://host[:port]} whose host is
   * {@code *}, or may start with {@code *.} (Gateway API, GEP-1767).
   */
  public static boolean isCorsOrigin(String text) {
    return text.equals("*") || (text.length() <= MAX_NAME + 16 && CORS_ORIGIN.matches(text));
  }

  /** Printable ASCII, blanks and tabs inside only: no CR, LF or NUL; may be empty. */
  public static boolean isHeaderValue(String text) {
    if (text.length() > MAX_VALUE) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < 0x20 && c != '\t') || c >= 0x7f) {
        return false;
      }
    }
    return text.isEmpty() || (!isBlank(text.charAt(0)) && !isBlank(text.charAt(text.length() - 1)));
  }

  /** Why a path cannot be matched exactly or as a prefix; null when it can. */
  public static @Nullable String pathError(String path) {
    if (!path.startsWith("/")) {
      return "a path that starts with \"/\"";
    }
    if (path.length() > MAX_PATH) {
      return "a path of at most " + MAX_PATH + " characters";
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c <= 0x20 || c >= 0x7f) {
        return "a path of printable ASCII, anything else percent-encoded";
      }
      if (c == '?' || c == '#') {
        return "a path without query or fragment";
      }
    }
    if (path.contains("//")
        || path.contains("/./")
        || path.contains("/../")
        || path.endsWith("/.")
        || path.endsWith("/..")) {
      return "a normalised path, without \"//\", \"/./\" and \"/../\"";
    }
    return null;
  }

  /** Why a path cannot take the place of another, or of a part of it; null when it can. */
  public static @Nullable String newPathError(String path) {
    return path.isEmpty() ? null : pathError(path);
  }

  /** What is wrong with an RE2 expression; null when it compiles. */
  public static @Nullable String regexError(String regex) {
    if (regex.length() > MAX_REGEX) {
      return "a regular expression of at most " + MAX_REGEX + " characters";
    }
    try {
      Pattern.compile(regex);
      return null;
    } catch (PatternSyntaxException e) {
      return "an RE2 regular expression (" + e.getDescription() + ")";
    }
  }

  /** An IPv4 or IPv6 address of one host, as text: no name, no zone, not 0.0.0.0 nor multicast. */
  public static boolean isIpAddress(String text) {
    boolean v6 = text.indexOf(':') >= 0;
    if (!v6 && !isDottedQuad(text)) {
      return false;
    }
    if (text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
      return false;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      return !address.isAnyLocalAddress() && !address.isMulticastAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isDottedQuad(String text) {
    int parts = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '.') {
        int length = i - start;
        if (length < 1 || length > 3 || (length > 1 && text.charAt(start) == '0')) {
          return false;
        }
        parts++;
        start = i + 1;
      } else if (!isDigit(text.charAt(i))) {
        return false;
      }
    }
    return parts == 4;
  }

  /** {@code namespace/service} or {@code namespace/pods/pod}. */
  public static boolean isInboundName(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isDnsLabel(text.substring(0, slash))) {
      return false;
    }
    return text.startsWith("pods/", slash + 1)
        ? isDnsName(text.substring(slash + 1 + "pods/".length()))
        : isDnsLabel(text.substring(slash + 1));
  }

  /** {@code service.namespace:port}, or the address and port of one endpoint. */
  public static boolean isClusterName(String text) {
    return isServicePort(text) || isAddressPort(text);
  }

  /** {@code 10.0.0.7:8080} or {@code [fd00::7]:8080}. */
  static boolean isAddressPort(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || !isPort(text.substring(colon + 1))) {
      return false;
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return bracketed
        ? host.indexOf(':') > 0 && isIpAddress(host.substring(1, host.length() - 1))
        : host.indexOf(':') < 0 && isIpAddress(host);
  }

  private static boolean isServicePort(String text) {
    int colon = text.lastIndexOf(':');
    int dot = text.indexOf('.');
    return dot > 0
        && colon > dot
        && isDnsLabel(text.substring(0, dot))
        && isDnsLabel(text.substring(dot + 1, colon))
        && isPort(text.substring(colon + 1));
  }

  private static boolean isPort(String text) {
    return !text.isEmpty()
        && text.length() <= 5
        && text.charAt(0) != '0'
        && text.chars().allMatch(c -> isDigit((char) c))
        && Integer.parseInt(text) <= 65_535;
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
