package dev.weft.sidecar.codec;

import java.nio.ByteBuffer;

/**
 * Resolves dot segments, so that what is routed and authorized is what the application will see
 * (RFC 3986, section 5.2.4). In place: a normalised path is never longer.
 */
public final class Paths {
  private Paths() {}

  /** The end of the path after normalisation, or -1 when it leads above its root. */
  public static int normalise(ByteBuffer slab, int start, int end) {
    return hasDotSegment(slab, start, end) ? resolve(slab, start, end) : end;
  }

  private static boolean hasDotSegment(ByteBuffer slab, int start, int end) {
    for (int i = start; i < end; i++) {
      if (slab.get(i) == '/' && dots(slab, i + 1, segmentEnd(slab, i + 1, end)) != 0) {
        return true;
      }
    }
    return false;
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
            return -1;
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

  private static int segmentEnd(ByteBuffer slab, int from, int end) {
    int i = from;
    while (i < end && slab.get(i) != '/') {
      i++;
    }
    return i;
  }

  /** 1 for ".", 2 for "..", each dot plain or %2e; 0 for anything else. */
  private static int dots(ByteBuffer slab, int start, int end) {
    int dots = 0;
    int i = start;
    while (i < end) {
      if (slab.get(i) == '.') {
        i++;
      } else if (slab.get(i) == '%'
          && i + 2 < end
          && slab.get(i + 1) == '2'
          && (slab.get(i + 2) | 0x20) == 'e') {
        i += 3;
      } else {
        return 0;
      }
      if (++dots > 2) {
        return 0;
      }
    }
    return dots;
  }
}
