package dev.weft.common.head;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One request or response head as bytes with an offset table: HTTP/1.1 points it into the receive
 * buffer, HTTP/2 into what HPACK decoded. Readers never change it; a codec fills it through {@link
 * Filler} and may refill it for the next message once no retry can need the old one. Offsets are
 * absolute indices into {@link #slab()}.
 */
public final class HeadView {
  /** No such header. */
  public static final int NONE = -1;

  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0).asReadOnlyBuffer();
  private static final int PER_HEADER = 4;

  private ByteBuffer slab = NO_BYTES;
  private int[] headers = new int[24 * PER_HEADER];
  private byte[] known = new byte[24];
  private int count;
  private final short[] first = new short[WellKnown.COUNT];
  private long present;
  private long repeated;
  private int methodStart;
  private int methodEnd;
  private int authorityStart;
  private int authorityEnd;
  private int pathStart;
  private int pathEnd;
  private int queryStart;
  private int queryEnd;
  private int status;
  private int minorVersion;

  /** The bytes that every offset points into; not to be changed, positions not to be relied on. */
  public ByteBuffer slab() {
    return slab;
  }

  /** Response status 100 to 999, or 0 in a request. */
  public int status() {
    return status;
  }

  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and everything later. */
  public int minorVersion() {
    return minorVersion;
  }

  public int methodStart() {
    return methodStart;
  }

  public int methodEnd() {
    return methodEnd;
  }

  /**
   * Start of host and optional port, as the caller addressed it: absolute-form, {@code :authority}
   * or Host.
   */
  public int authorityStart() {
    return authorityStart;
  }

  public int authorityEnd() {
    return authorityEnd;
  }

  /** Start of the path, without query; normalised before routing. */
  public int pathStart() {
    return pathStart;
  }

  public int pathEnd() {
    return pathEnd;
  }

  /** Start of the query, after the question mark; an empty range where there is none. */
  public int queryStart() {
    return queryStart;
  }

  public int queryEnd() {
    return queryEnd;
  }

  /** How many header lines there are; repeated names count each time. */
  public int headerCount() {
    return count;
  }

  public int nameStart(int header) {
    return headers[header * PER_HEADER];
  }

  public int nameEnd(int header) {
    return headers[header * PER_HEADER + 1];
  }

  public int valueStart(int header) {
    return headers[header * PER_HEADER + 2];
  }

  public int valueEnd(int header) {
    return headers[header * PER_HEADER + 3];
  }

  /** Which {@link WellKnown} name header line {@code header} has, or {@link WellKnown#OTHER}. */
  public int wellKnown(int header) {
    return known[header];
  }

  /** The first header line of a well-known name, or {@link #NONE}. */
  public int find(int wellKnown) {
    return (present & 1L << wellKnown) == 0 ? NONE : first[wellKnown];
  }

  public boolean has(int wellKnown) {
    return (present & 1L << wellKnown) != 0;
  }

  /** Whether a well-known name stands on more than one line. */
  public boolean isRepeated(int wellKnown) {
    return (repeated & 1L << wellKnown) != 0;
  }

  /** The first header line at or after {@code from} with this lower-case name, or {@link #NONE}. */
  public int find(byte[] lowerCaseName, int from) {
    for (int i = from; i < count; i++) {
      if (Ascii.equalsIgnoreCase(slab, nameStart(i), nameEnd(i), lowerCaseName)) {
        return i;
      }
    }
    return NONE;
  }

  public boolean methodIs(byte[] method) {
    return Ascii.equals(slab, methodStart, methodEnd, method);
  }

  /** For logs and errors. */
  public String method() {
    return Ascii.string(slab, methodStart, methodEnd);
  }

  /** For logs and errors, and the cold side of a virtual-host look-up. */
  public String authority() {
    return Ascii.string(slab, authorityStart, authorityEnd);
  }

  /** For logs and errors. */
  public String path() {
    return Ascii.string(slab, pathStart, pathEnd);
  }

  /** For logs and errors. */
  public String value(int header) {
    return Ascii.string(slab, valueStart(header), valueEnd(header));
  }

  @Override
  public String toString() {
    return status != 0 ? "response " + status : method() + " " + authority() + path();
  }

  /**
   * The codec's side of a view: fills it anew for each message. One filler per view, used by the
   * view's worker only.
   */
  public static final class Filler {
    private final HeadView view = new HeadView();

    public HeadView view() {
      return view;
    }

    /** Empties the view and points it at new bytes. */
    public void begin(ByteBuffer slab) {
      view.slab = slab;
      view.count = 0;
      view.present = 0;
      view.repeated = 0;
      view.status = 0;
      view.minorVersion = 1;
      method(0, 0);
      authority(0, 0);
      path(0, 0);
      query(0, 0);
    }

    public void status(int status) {
      view.status = status;
    }

    public void minorVersion(int minorVersion) {
      view.minorVersion = minorVersion;
    }

    public void method(int start, int end) {
      view.methodStart = start;
      view.methodEnd = end;
    }

    public void authority(int start, int end) {
      view.authorityStart = start;
      view.authorityEnd = end;
    }

    public void path(int start, int end) {
      view.pathStart = start;
      view.pathEnd = end;
    }

    public void query(int start, int end) {
      view.queryStart = start;
      view.queryEnd = end;
    }

    /**
     * Adds a header line and indexes it when its name is well known; returns which one it is, or
     * {@link WellKnown#ALIAS}, which a codec refuses.
     */
    public int header(int nameStart, int nameEnd, int valueStart, int valueEnd) {
      int line = view.count++;
      if (line == view.known.length) {
        view.known = Arrays.copyOf(view.known, line * 2);
        view.headers = Arrays.copyOf(view.headers, line * 2 * PER_HEADER);
      }
      int at = line * PER_HEADER;
      view.headers[at] = nameStart;
      view.headers[at + 1] = nameEnd;
      view.headers[at + 2] = valueStart;
      view.headers[at + 3] = valueEnd;
      int name = WellKnown.recognise(view.slab, nameStart, nameEnd);
      view.known[line] = (byte) (name == WellKnown.ALIAS ? WellKnown.OTHER : name);
      if (name >= 0) {
        long bit = 1L << name;
        if ((view.present & bit) != 0) {
          view.repeated |= bit;
        } else {
          view.present |= bit;
          view.first[name] = (short) line;
        }
      }
      return name;
    }
  }
}
