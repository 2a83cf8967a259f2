package dev.weft.sidecar.codec.http2.head;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;

/**
 * The fields of one header block as HPACK gives them, as bytes one after the other. It is what
 * Netty's decoder adds to; nothing else of {@link Http2Headers} is used. Used again for the next
 * block; one per worker.
 */
public final class FieldList extends DefaultHttp2Headers {
  private static final int PER_FIELD = 3;

  private byte[] bytes = new byte[2048];
  private int[] offsets = new int[32 * PER_FIELD];
  private int count;
  private int length;

  public FieldList() {
    super(false, 2);
  }

  void reset() {
    count = 0;
    length = 0;
  }

  int count() {
    return count;
  }

  /** All names and values; {@link #length()} bytes of it. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  int name(int field) {
    return offsets[field * PER_FIELD];
  }

  /** Where the name ends and the value begins. */
  int value(int field) {
    return offsets[field * PER_FIELD + 1];
  }

  int end(int field) {
    return offsets[field * PER_FIELD + 2];
  }

  /** Whether a field has this name. */
  boolean named(int field, byte[] name) {
    int at = name(field);
    return Arrays.equals(bytes, at, value(field), name, 0, name.length);
  }

  boolean hasValue(int field, byte[] value) {
    return Arrays.equals(bytes, value(field), end(field), value, 0, value.length);
  }

  @Override
  public Http2Headers add(CharSequence name, CharSequence value) {
    int at = count * PER_FIELD;
    if (at == offsets.length) {
      offsets = Arrays.copyOf(offsets, at * 2);
    }
    count++;
    offsets[at] = length;
    append(name);
    offsets[at + 1] = length;
    append(value);
    offsets[at + 2] = length;
    return this;
  }

  /** Room for more behind what is there, for whoever joins values. */
  int append(byte[] from, int start, int end) {
    int more = end - start;
    reserve(more);
    System.arraycopy(from, start, bytes, length, more);
    int at = length;
    length += more;
    return at;
  }

  private void append(CharSequence text) {
    int more = text.length();
    reserve(more);
    if (text instanceof AsciiString ascii) {
      System.arraycopy(ascii.array(), ascii.arrayOffset(), bytes, length, more);
    } else {
      for (int i = 0; i < more; i++) {
        bytes[length + i] = (byte) text.charAt(i);
      }
    }
    length += more;
  }

  private void reserve(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
