package dev.weft.sidecar.dns;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages of DNS, written and read without our parser (RFC 1035). */
final class Messages {
  static final int A = 1;
  static final int SOA = 6;
  static final int AAAA = 28;
  static final int OPT = 41;
  static final int HTTPS = 65;
  static final int NXDOMAIN = 3;

  private Messages() {}

  /** A record, its owner and, of an address, its text. */
  record Entry(String owner, int type, long ttl, byte[] data) {
    String address() {
      try {
        return InetAddress.getByAddress(data).getHostAddress();
      } catch (UnknownHostException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A message as it is read. */
  record Message(int id, int flags, List<String> questions, int type, List<List<Entry>> sections) {
    int code() {
      return flags & 15;
    }

    boolean truncated() {
      return (flags & 0x200) != 0;
    }

    List<Entry> answers() {
      return sections.getFirst();
    }

    List<Entry> authorities() {
      return sections.get(1);
    }

    List<String> addresses() {
      return answers().stream().map(Entry::address).toList();
    }
  }

  /** A plain query, as a C library writes it. */
  static byte[] query(int id, String name, int type) {
    return query(id, 0x0100, name, type, new byte[0]);
  }

  /** A query with EDNS of that size and flags, and these options. */
  static byte[] edns(int id, String name, int type, int size, int flags, byte... options) {
    return query(
        id,
        0x0120,
        name,
        type,
        written(
            out -> {
              out.writeByte(0);
              out.writeShort(OPT);
              out.writeShort(size);
              out.writeInt(flags);
              out.writeShort(options.length);
              out.write(options);
            }));
  }

  private static byte[] query(int id, int flags, String name, int type, byte[] additional) {
    return written(
        out -> {
          header(out, id, flags, 0, 0, additional.length == 0 ? 0 : 1);
          question(out, name, type);
          out.write(additional);
        });
  }

  /** A response with these addresses. */
  static byte[] response(int id, int flags, String name, int type, List<String> addresses) {
    return written(
        out -> {
          header(out, id, flags, addresses.size(), 0, 0);
          question(out, name, type);
          for (String address : addresses) {
            byte[] bytes = InetAddress.ofLiteral(address).getAddress();
            out.writeShort(0xc00c);
            out.writeShort(type);
            out.writeShort(1);
            out.writeInt(60);
            out.writeShort(bytes.length);
            out.write(bytes);
          }
        });
  }

  private static void header(
      DataOutputStream out, int id, int flags, int answers, int authorities, int additional)
      throws IOException {
    for (int field : new int[] {id, flags, 1, answers, authorities, additional}) {
      out.writeShort(field);
    }
  }

  private static void question(DataOutputStream out, String name, int type) throws IOException {
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.ISO_8859_1);
      out.writeByte(bytes.length);
      out.write(bytes);
    }
    out.writeByte(0);
    out.writeShort(type);
    out.writeShort(1);
  }

  /**
   * Reads a message to its last byte.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Message read(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      int id = Short.toUnsignedInt(in.getShort());
      int flags = Short.toUnsignedInt(in.getShort());
      int[] counts = new int[4];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = Short.toUnsignedInt(in.getShort());
      }
      var questions = new ArrayList<String>();
      int type = 0;
      for (int i = 0; i < counts[0]; i++) {
        questions.add(name(in, 0));
        type = Short.toUnsignedInt(in.getShort());
        questions.add(Integer.toString(Short.toUnsignedInt(in.getShort())));
      }
      var sections = new ArrayList<List<Entry>>();
      for (int section = 1; section < counts.length; section++) {
        var records = new ArrayList<Entry>();
        for (int i = 0; i < counts[section]; i++) {
          records.add(entry(in));
        }
        sections.add(records);
      }
      if (in.hasRemaining()) {
        throw new IllegalArgumentException(in.remaining() + " bytes too many");
      }
      return new Message(id, flags, questions, type, sections);
    } catch (java.nio.BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("too short", e);
    }
  }

  private static Entry entry(ByteBuffer in) {
    String owner = name(in, 0);
    int type = Short.toUnsignedInt(in.getShort());
    in.getShort();
    long ttl = Integer.toUnsignedLong(in.getInt());
    byte[] data = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(data);
    return new Entry(owner, type, ttl, data);
  }

  private static String name(ByteBuffer in, int jumps) {
    int length = Byte.toUnsignedInt(in.get());
    if (length == 0) {
      return "";
    }
    if (length >= 0xc0) {
      int at = (length & 0x3f) << 8 | Byte.toUnsignedInt(in.get());
      if (jumps > 9) {
        throw new IllegalArgumentException("a circle");
      }
      return name(in.duplicate().position(at), jumps + 1);
    }
    if (length > 63) {
      throw new IllegalArgumentException("a label of " + length);
    }
    byte[] label = new byte[length];
    in.get(label);
    String rest = name(in, jumps);
    String first = new String(label, StandardCharsets.ISO_8859_1);
    return rest.isEmpty() ? first : first + "." + rest;
  }

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static byte[] written(Writing what) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      what.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
