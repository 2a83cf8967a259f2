package dev.weft.sidecar.proxy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Sends frames as they are told and reads frames; nothing is corrected or answered on the way. */
final class Http2RawClient implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean ends() {
      return (flags & END_STREAM) != 0;
    }

    int number(int at) {
      return java.nio.ByteBuffer.wrap(payload).getInt(at);
    }

    String text() {
      return new String(payload, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
      return "frame "
          + type
          + " flags "
          + flags
          + " stream "
          + stream
          + " "
          + payload.length
          + " B";
    }
  }

  private Http2RawClient(InetSocketAddress address, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(address, 5000);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream()));
  }

  /** Connected, with prefaces and SETTINGS exchanged. */
  static Http2RawClient open(InetSocketAddress address) {
    return open(address, new byte[0]);
  }

  static Http2RawClient open(InetSocketAddress address, byte[] settings) {
    return begin(connect(address), settings);
  }

  /** One whose socket takes little when it is not read. */
  static Http2RawClient openNarrow(InetSocketAddress address) {
    try {
      return begin(new Http2RawClient(address, 4096), new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Http2RawClient begin(Http2RawClient client, byte[] settings) {
    client.preface().frame(SETTINGS, 0, 0, settings).flush();
    client.await(f -> f.type() == SETTINGS && (f.flags() & ACK) == 0);
    client.frame(SETTINGS, ACK, 0).flush();
    client.await(f -> f.type() == SETTINGS && (f.flags() & ACK) != 0);
    return client;
  }

  static Http2RawClient connect(InetSocketAddress address) {
    try {
      return new Http2RawClient(address, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Http2RawClient preface() {
    return raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  Http2RawClient raw(byte[] bytes) {
    try {
      out.write(bytes);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Http2RawClient frame(int type, int flags, int stream, byte... payload) {
    try {
      out.writeByte(payload.length >> 16);
      out.writeShort(payload.length);
      out.writeByte(type);
      out.writeByte(flags);
      out.writeInt(stream);
      out.write(payload);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Http2RawClient headers(int stream, boolean end, byte[] block) {
    return frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block);
  }

  Http2RawClient get(int stream, String authority) {
    return headers(stream, true, request("GET", authority, "/"));
  }

  Http2RawClient windowUpdate(int stream, int by) {
    return frame(WINDOW_UPDATE, 0, stream, bytes(by));
  }

  Http2RawClient flush() {
    try {
      out.flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends for as long as the other side takes it; false when it does not any more. */
  boolean tryFlush() {
    try {
      out.flush();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The next frame. */
  Frame read() {
    try {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      return new Frame(type, flags, stream, in.readNBytes(length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads up to the frame. */
  Frame await(Predicate<Frame> wanted) {
    while (true) {
      Frame frame = read();
      if (wanted.test(frame)) {
        return frame;
      }
    }
  }

  Frame awaitType(int type) {
    return await(f -> f.type() == type);
  }

  /** All frames of a stream, to its end or reset. */
  List<Frame> awaitStream(int stream) {
    var frames = new ArrayList<Frame>();
    while (true) {
      Frame frame = read();
      if (frame.stream() == stream) {
        frames.add(frame);
        if (frame.type() == RST_STREAM || (frame.ends() && frame.type() <= HEADERS)) {
          return frames;
        }
      }
    }
  }

  /** Everything until the other side closes; the last frames when it resets the connection. */
  List<Frame> readToEnd() {
    var frames = new ArrayList<Frame>();
    try {
      while (true) {
        frames.add(read());
      }
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof EOFException || e.getCause() instanceof SocketException) {
        return frames;
      }
      throw e;
    }
  }

  /** The error code of the GOAWAY that ends the connection. */
  int awaitGoAwayAndEnd() {
    int code = -1;
    for (Frame frame : readToEnd()) {
      if (frame.type() == GOAWAY) {
        code = frame.number(4);
      }
    }
    return code;
  }

  static byte[] bytes(int... numbers) {
    var all = java.nio.ByteBuffer.allocate(numbers.length * 4);
    for (int number : numbers) {
      all.putInt(number);
    }
    return all.array();
  }

  static byte[] setting(int name, int value) {
    return java.nio.ByteBuffer.allocate(6).putShort((short) name).putInt(value).array();
  }

  static byte[] request(String method, String authority, String path, String... more) {
    var all = new String[8 + more.length];
    System.arraycopy(
        new String[] {":method", method, ":scheme", "http", ":authority", authority, ":path", path},
        0,
        all,
        0,
        8);
    System.arraycopy(more, 0, all, 8, more.length);
    return fields(all);
  }

  /** Literals without indexing, name and value in turn. */
  static byte[] fields(String... namesAndValues) {
    var block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      string(block, namesAndValues[i]);
      string(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void string(ByteArrayOutputStream block, String text) {
    int length = text.length();
    if (length < 127) {
      block.write(length);
    } else {
      block.write(127);
      int rest = length - 127;
      while (rest >= 128) {
        block.write((rest & 127) | 128);
        rest >>>= 7;
      }
      block.write(rest);
    }
    block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The status of a response's head as our encoder writes it. */
  static int status(Frame head) {
    int first = head.payload()[0] & 0xff;
    int[] indexed = {200, 204, 206, 304, 400, 404, 500};
    if (first >= 0x88 && first <= 0x8e) {
      return indexed[first - 0x88];
    }
    return Integer.parseInt(new String(head.payload(), 2, 3, StandardCharsets.US_ASCII));
  }

  Socket socket() {
    return socket;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
