package dev.weft.sidecar.http;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to differ between a head as received and as sent, gathered for one attempt: compiled
 * edits of route and backend, lines of our own, well-known names to leave out, another host or
 * path. Reused; one worker. The encoder leaves hop-by-hop headers out by itself.
 */
public final class HeadPlan {
  /** What frames a message or addresses it: no edit may touch it. */
  private static final int[] PROTECTED = {
    WellKnown.HOST,
    WellKnown.CONNECTION,
    WellKnown.CONTENT_LENGTH,
    WellKnown.TRANSFER_ENCODING,
    WellKnown.TE,
    WellKnown.TRAILER,
    WellKnown.UPGRADE,
    WellKnown.EXPECT,
    WellKnown.KEEP_ALIVE,
    WellKnown.PROXY_CONNECTION,
    WellKnown.HTTP2_SETTINGS,
    WellKnown.WEFT_HOP
  };

  private static final byte[] NOTHING = {};

  private HeadEdits[] edits = new HeadEdits[2];
  private int editCount;
  private boolean movesAdded;
  private byte[] lines = new byte[512];
  private int length;
  private long dropped;
  private boolean acceptTrailers;
  private byte @Nullable [] droppedPrefix;
  private byte @Nullable [] authority;
  private byte @Nullable [] path;
  private int replacedPath;

  public void clear() {
    Arrays.fill(edits, 0, editCount, null);
    editCount = 0;
    movesAdded = false;
    length = 0;
    dropped = 0;
    droppedPrefix = null;
    acceptTrailers = false;
    authority = null;
    path = null;
  }

  /** Says what another plan says, whose edits are shared and whose lines are copied. */
  public void take(HeadPlan other) {
    clear();
    if (edits.length < other.editCount) {
      edits = new HeadEdits[other.editCount];
    }
    System.arraycopy(other.edits, 0, edits, 0, other.editCount);
    editCount = other.editCount;
    movesAdded = other.movesAdded;
    reserve(other.length);
    System.arraycopy(other.lines, 0, lines, 0, other.length);
    length = other.length;
    dropped = other.dropped;
    droppedPrefix = other.droppedPrefix;
    acceptTrailers = other.acceptTrailers;
    authority = other.authority;
    path = other.path;
    replacedPath = other.replacedPath;
  }

  /** Of a request: sends another authority than the received one; the array is not changed. */
  public void authority(byte[] other) {
    authority = other;
  }

  /** The other authority; null: the received one. */
  public byte @Nullable [] authority() {
    return authority;
  }

  /**
   * Of a request: sends other bytes in place of the first of its path; nothing at all is "/".
   *
   * @param replacement not changed
   * @param replaced how many bytes, at most all of them
   */
  public void path(byte[] replacement, int replaced) {
    path = replacement;
    replacedPath = replaced;
  }

  /** With what the sent path begins; null: with the received one. */
  public byte @Nullable [] path() {
    return path;
  }

  /** Where the received path goes on behind {@link #path}. */
  public int pathStart(HeadView request) {
    return path == null
        ? request.pathStart()
        : request.pathStart() + Math.min(replacedPath, request.pathEnd() - request.pathStart());
  }

  /**
   * Says that trailers are understood, where the version has a word for it on every request: {@code
   * te} in HTTP/2, which gRPC servers insist on.
   */
  public void acceptTrailers() {
    acceptTrailers = true;
  }

  public boolean acceptsTrailers() {
    return acceptTrailers;
  }

  /**
   * Applies compiled edits to a head that is all our own, or whose received lines they only take
   * away; what would touch framing or addressing is passed over.
   */
  public void apply(HeadEdits more) {
    if (more.isEmpty()) {
      return;
    }
    remember(more);
    set(more);
    for (HeadEdits.Line line : more.add()) {
      add(line);
    }
  }

  /**
   * Applies compiled edits to a received head. An added line comes after the received ones of its
   * name (Gateway API, HTTPHeaderFilter); at most once for a plan.
   */
  public void apply(HeadEdits more, ReceivedHead received) {
    // A Connection option of that name says that the received lines are not to be sent on.
    if (more.add().isEmpty() || received.connectionOptions) {
      apply(more);
      return;
    }
    remember(more);
    set(more);
    for (int i = 0; i < more.add().size(); i++) {
      HeadEdits.Line line = more.add().get(i);
      if (isFirst(more.add(), i) && !more.takesAway(line.name())) {
        moveReceived(received.view, line.name());
      }
      add(line);
    }
    movesAdded = true;
  }

  private void remember(HeadEdits more) {
    if (editCount == edits.length) {
      edits = Arrays.copyOf(edits, editCount * 2);
    }
    edits[editCount++] = more;
  }

  private void set(HeadEdits more) {
    for (HeadEdits.Line line : more.set()) {
      add(line);
    }
  }

  private void add(HeadEdits.Line line) {
    if (!isProtected(line.name())) {
      line(line.name(), line.value());
    }
  }

  private static boolean isFirst(List<HeadEdits.Line> lines, int index) {
    for (int i = 0; i < index; i++) {
      if (Arrays.equals(lines.get(i).name(), lines.get(index).name())) {
        return false;
      }
    }
    return true;
  }

  /** What we write by ourselves stays where it is: it may be left out of this head. */
  private void moveReceived(HeadView received, byte[] name) {
    for (int i = 0; i < received.headerCount(); i++) {
      if (isMoved(received, i, name)) {
        line(name, NOTHING, received.slab(), received.valueStart(i), received.valueEnd(i));
      }
    }
  }

  private static boolean isMoved(HeadView view, int header, byte[] name) {
    return view.wellKnown(header) == WellKnown.OTHER && named(view, header, name);
  }

  /** Leaves every line out whose name, no well-known one, begins so; lower case. */
  public void dropPrefix(byte[] prefix) {
    droppedPrefix = prefix;
  }

  /** Leaves every line of a well-known name out. */
  public void drop(int wellKnown) {
    dropped |= 1L << wellKnown;
  }

  public void line(byte[] name, byte[] value) {
    line(name, value, value.length);
  }

  /** Adds a line whose value is the first {@code valueLength} bytes of an array. */
  public void line(byte[] name, byte[] value, int valueLength) {
    reserve(name.length + valueLength + 4);
    put(name, name.length);
    lines[length++] = ':';
    lines[length++] = ' ';
    put(value, valueLength);
    lines[length++] = '\r';
    lines[length++] = '\n';
  }

  /** Adds a line whose value is a prefix and what stands at [start, end) of a slab. */
  public void line(byte[] name, byte[] prefix, ByteBuffer slab, int start, int end) {
    int rest = end - start;
    reserve(name.length + prefix.length + rest + 4);
    put(name, name.length);
    lines[length++] = ':';
    lines[length++] = ' ';
    put(prefix, prefix.length);
    slab.get(start, lines, length, rest);
    length += rest;
    lines[length++] = '\r';
    lines[length++] = '\n';
  }

  /** The lines to be added, each with its CRLF; {@link #linesLength()} bytes of it. */
  public byte[] lines() {
    return lines;
  }

  public int linesLength() {
    return length;
  }

  /** Whether a header line is left out because of this plan. */
  public boolean drops(HeadView view, int header) {
    int known = view.wellKnown(header);
    if (known != WellKnown.OTHER && (dropped & 1L << known) != 0) {
      return true;
    }
    byte[] prefix = droppedPrefix;
    if (prefix != null && known == WellKnown.OTHER) {
      int start = view.nameStart(header);
      int end = start + prefix.length;
      if (end <= view.nameEnd(header) && Ascii.equalsIgnoreCase(view.slab(), start, end, prefix)) {
        return true;
      }
    }
    return editCount != 0 && editedAway(view, header);
  }

  private boolean editedAway(HeadView view, int header) {
    for (int i = 0; i < editCount; i++) {
      HeadEdits e = edits[i];
      for (int j = 0; j < e.set().size(); j++) {
        if (named(view, header, e.set().get(j).name())) {
          return true;
        }
      }
      for (int j = 0; j < e.remove().size(); j++) {
        if (named(view, header, e.remove().get(j))) {
          return true;
        }
      }
      for (int j = 0; movesAdded && j < e.add().size(); j++) {
        if (isMoved(view, header, e.add().get(j).name())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean named(HeadView view, int header, byte[] name) {
    return Ascii.equalsIgnoreCase(view.slab(), view.nameStart(header), view.nameEnd(header), name)
        && !isProtected(name);
  }

  private static boolean isProtected(byte[] name) {
    for (int known : PROTECTED) {
      if (Arrays.equals(WellKnown.name(known), name)) {
        return true;
      }
    }
    return false;
  }

  private void put(byte[] bytes, int count) {
    System.arraycopy(bytes, 0, lines, length, count);
    length += count;
  }

  private void reserve(int more) {
    if (length + more > lines.length) {
      lines = Arrays.copyOf(lines, Math.max(lines.length * 2, length + more));
    }
  }
}
