package dev.weft.sidecar.codec;

import dev.weft.sidecar.codec.PathRules.EncodedSlashes;
import java.nio.ByteBuffer;

/**
 * Brings a path into the one form that is routed, authorized and sent on, so that all of them see
 * what the application will see (RFC 3986, sections 5.2.4 and 6.2.2): escapes of unreserved
 * characters are decoded, the digits of the others are upper case, dot segments are resolved. What
 * applications are known to read in different ways is refused. In place: the result is never
 * longer. Pure.
 */
public final class Paths {
  /** It leads above its root. */
  public static final int ABOVE_ROOT = -1;

  /** A percent sign without two hexadecimal digits. */
  public static final int BAD_ESCAPE = -2;

  /** {@code %00}. */
  public static final int NUL = -3;

  /** A backslash, which some read as a slash. */
  public static final int BACKSLASH = -4;

  /** An encoded slash or backslash beside a dot segment, or where none is allowed. */
  public static final int ENCODED_SLASH = -5;

  private static final byte[] UPPER = Chars.ascii("0123456789ABCDEF");

  private Paths() {}

  /** The same by {@link PathRules#DEFAULT}. */
  public static int normalise(ByteBuffer slab, int start, int end) {
    return normalise(slab, start, end, PathRules.DEFAULT);
  }

  /** The end of the path that begins with a slash after normalisation, or why it is refused. */
  public static int normalise(ByteBuffer slab, int start, int end, PathRules rules) {
    byte before = 0;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      if (b == '%'
          || b == '\\'
          || (before == '/' && (b == '.' || (b == '/' && rules.mergeSlashes())))) {
        return rewrite(slab, start, end, rules);
      }
      before = b;
    }
    return end;
  }

  /** What was wrong, as a sentence. */
  public static String problem(int refusal) {
    return switch (refusal) {
      case ABOVE_ROOT -> "the path leads above its root";
      case BAD_ESCAPE -> "a percent sign in the path is not followed by two hexadecimal digits";
      case NUL -> "an encoded NUL in the path";
      case BACKSLASH -> "a backslash in the path";
      default -> "an encoded slash in the path";
    };
  }

  private static int rewrite(ByteBuffer slab, int start, int end, PathRules rules) {
    int to = decode(slab, start, end, rules.encodedSlashes());
    if (to < 0 || (rules.encodedSlashes() == EncodedSlashes.KEEP && hidesDots(slab, start, to))) {
      return to < 0 ? to : ENCODED_SLASH;
    }
    return resolve(slab, start, rules.mergeSlashes() ? merge(slab, start, to) : to);
  }

  private static int decode(ByteBuffer slab, int start, int end, EncodedSlashes slashes) {
    int to = start;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      if (b == '\\') {
        return BACKSLASH;
      }
      if (b != '%') {
        slab.put(to++, b);
        continue;
      }
      int high = i + 2 < end ? Chars.hex(slab.get(i + 1)) : -1;
      int low = i + 2 < end ? Chars.hex(slab.get(i + 2)) : -1;
      if (high < 0 || low < 0) {
        return BAD_ESCAPE;
      }
      i += 2;
      byte decoded = (byte) (high << 4 | low);
      if (decoded == 0) {
        return NUL;
      }
      boolean slash = decoded == '/' || decoded == '\\';
      if (slash && slashes == EncodedSlashes.REFUSE) {
        return ENCODED_SLASH;
      }
      if (slash && slashes == EncodedSlashes.DECODE) {
        slab.put(to++, (byte) '/');
      } else if (Chars.unreserved(decoded)) {
        slab.put(to++, decoded);
      } else {
        slab.put(to++, (byte) '%').put(to++, UPPER[high]).put(to++, UPPER[low]);
      }
    }
    return to;
  }

  /** Whether an application that decodes slashes would see a dot segment that we do not. */
  private static boolean hidesDots(ByteBuffer slab, int start, int end) {
    boolean encodedBefore = false;
    int i = start;
    while (i < end) {
      int segment = i;
      while (i < end && slab.get(i) != '/' && !encodedSlash(slab, i, end)) {
        i++;
      }
      boolean encodedAfter = i < end && slab.get(i) == '%';
      if ((encodedBefore || encodedAfter) && dots(slab, segment, i) != 0) {
        return true;
      }
      encodedBefore = encodedAfter;
      i += encodedAfter ? 3 : 1;
    }
    return false;
  }

  private static boolean encodedSlash(ByteBuffer slab, int at, int end) {
    return slab.get(at) == '%'
        && at + 2 < end
        && ((slab.get(at + 1) == '2' && slab.get(at + 2) == 'F')
            || (slab.get(at + 1) == '5' && slab.get(at + 2) == 'C'));
  }

  private static int resolve(ByteBuffer slab, int start, int end) {
    int to = start;
    int i = start;
    while (i < end) {
      // At a slash.
      int segment = i + 1;
      int segmentEnd = segmentEnd(slab, segment, end);
      int dots = dots(slab, segment, segmentEnd);
      if (dots == 0) {
        for (int j = i; j < segmentEnd; j++) {
          slab.put(to++, slab.get(j));
        }
      } else {
        if (dots == 2) {
          if (to == start) {
            return ABOVE_ROOT;
          }
          do {
            to--;
          } while (slab.get(to) != '/');
        }
        if (segmentEnd == end) {
          slab.put(to++, (byte) '/');
        }
      }
      i = segmentEnd;
    }
    return to;
  }

  private static int merge(ByteBuffer slab, int start, int end) {
    int to = start;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      if (b != '/' || to == start || slab.get(to - 1) != '/') {
        slab.put(to++, b);
      }
    }
    return to;
  }

  private static int segmentEnd(ByteBuffer slab, int from, int end) {
    int i = from;
    while (i < end && slab.get(i) != '/') {
      i++;
    }
    return i;
  }

  /** 1 for ".", 2 for "..", 0 for anything else. */
  private static int dots(ByteBuffer slab, int start, int end) {
    int length = end - start;
    if (length == 0 || length > 2 || slab.get(start) != '.' || slab.get(end - 1) != '.') {
      return 0;
    }
    return length;
  }
}
