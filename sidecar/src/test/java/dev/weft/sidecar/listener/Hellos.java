package dev.weft.sidecar.listener;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** ClientHellos, real and made up. */
final class Hellos {
  private Hellos() {}

  /** The handshake message with that name and those protocols. */
  static byte[] of(String serverName, String... protocols) {
    return message(extension(10, (byte) 0, (byte) 0), serverName(serverName), alpn(protocols));
  }

  static byte[] message(byte[]... extensions) {
    byte[] all = concat(extensions);
    byte[] body =
        concat(
            new byte[] {3, 3},
            new byte[32],
            vector(1, new byte[32]),
            vector(2, new byte[] {0x13, 1, 0x13, 2}),
            vector(1, new byte[] {0}),
            vector(2, all));
    return concat(new byte[] {1}, vector(3, body));
  }

  static byte[] extension(int type, byte... content) {
    return concat(new byte[] {(byte) (type >> 8), (byte) type}, vector(2, content));
  }

  static byte[] serverName(String name) {
    byte[] host = concat(new byte[] {0}, vector(2, name.getBytes(ISO_8859_1)));
    return extension(0, vector(2, host));
  }

  static byte[] alpn(String... protocols) {
    var list = new ByteArrayOutputStream();
    for (String protocol : protocols) {
      list.writeBytes(vector(1, protocol.getBytes(ISO_8859_1)));
    }
    return extension(16, vector(2, list.toByteArray()));
  }

  /** A handshake message in records of at most that size. */
  static byte[] records(byte[] message, int size) {
    var out = new ByteArrayOutputStream();
    for (int at = 0; at < message.length; at += size) {
      out.writeBytes(new byte[] {22, 3, 1});
      out.writeBytes(
          vector(2, Arrays.copyOfRange(message, at, Math.min(message.length, at + size))));
    }
    return out.toByteArray();
  }

  /** What the JDK's client sends first. */
  static byte[] ofJdk(String serverName, String... protocols) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine(serverName, 443);
    engine.setUseClientMode(true);
    var parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    parameters.setServerNames(java.util.List.of(new SNIHostName(serverName)));
    engine.setSSLParameters(parameters);
    var out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] vector(int lengthBytes, byte[] content) {
    byte[] length = new byte[lengthBytes];
    for (int i = 0; i < lengthBytes; i++) {
      length[i] = (byte) (content.length >> (8 * (lengthBytes - 1 - i)));
    }
    return concat(length, content);
  }

  private static byte[] concat(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
