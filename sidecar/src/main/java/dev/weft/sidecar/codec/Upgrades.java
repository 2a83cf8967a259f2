package dev.weft.sidecar.codec;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The protocols of {@code Upgrade} (RFC 9110, section 7.8). Every one is passed on but those by
 * which a connection itself would become another one, which is for each hop to agree on: HTTP
 * versions ({@code h2c}) and TLS. What is no token is left out. Off the hot path: only requests
 * with the field come here.
 */
public final class Upgrades {
  private static final byte[][] HOP_BY_HOP = {
    Chars.ascii("h2c"),
    Chars.ascii("h2"),
    Chars.ascii("h3"),
    Chars.ascii("http"),
    Chars.ascii("tls")
  };

  private static final byte[] KEY = Chars.ascii("sec-websocket-key");
  private static final byte[] ACCEPT = Chars.ascii("sec-websocket-accept");
  private static final byte[] GUID = Chars.ascii("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

  private Upgrades() {}

  /** Whether a request names a protocol that is passed on. */
  public static boolean any(HeadView view) {
    return view.has(WellKnown.UPGRADE) && !protocols(view).isEmpty();
  }

  /** The names, without versions, of the protocols that are passed on; lower case. */
  public static List<String> names(HeadView view) {
    return protocols(view).stream().map(Upgrades::name).toList();
  }

  /** Writes the value of a request's field as it is passed on. */
  public static void write(HeadView view, ByteBuf out) {
    out.writeCharSequence(String.join(", ", protocols(view)), StandardCharsets.US_ASCII);
  }

  /** Whether a response's field names something, and nothing that was not offered. */
  public static boolean accepts(HeadView response, List<String> offered) {
    if (!response.has(WellKnown.UPGRADE)) {
      return false;
    }
    List<String> accepted = names(response);
    return !accepted.isEmpty() && offered.containsAll(accepted);
  }

  /** The name of the field that carries {@link #missingKey}; not to be changed. */
  public static byte[] keyName() {
    return KEY;
  }

  /**
   * The key for a WebSocket whose caller needs none, since it came by HTTP/2 (RFC 8441, section 5);
   * null: the request has one, or is for something else.
   */
  public static byte @Nullable [] missingKey(HeadView request) {
    if (!names(request).contains("websocket") || request.find(KEY, 0) != HeadView.NONE) {
      return null;
    }
    byte[] nonce = new byte[16];
    ThreadLocalRandom.current().nextBytes(nonce);
    return Base64.getEncoder().encode(nonce);
  }

  /** Whether a response accepts a key (RFC 6455, section 4.1). */
  public static boolean acceptsKey(HeadView response, byte[] key) {
    int line = response.find(ACCEPT, 0);
    if (line == HeadView.NONE) {
      return false;
    }
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(key);
      byte[] accept = Base64.getEncoder().encode(sha1.digest(GUID));
      return Ascii.equals(
          response.slab(), response.valueStart(line), response.valueEnd(line), accept);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  private static List<String> protocols(HeadView view) {
    var protocols = new ArrayList<String>(1);
    ByteBuffer slab = view.slab();
    for (int i = view.find(WellKnown.UPGRADE); i < view.headerCount(); i++) {
      if (view.wellKnown(i) == WellKnown.UPGRADE) {
        int end = view.valueEnd(i);
        for (int at = view.valueStart(i); at < end; at++) {
          int from = at;
          while (at < end && slab.get(at) != ',') {
            at++;
          }
          String protocol = Ascii.string(slab, from, at).strip();
          if (passes(protocol)) {
            protocols.add(protocol);
          }
        }
      }
    }
    return protocols;
  }

  private static boolean passes(String protocol) {
    int slashes = 0;
    for (int i = 0; i < protocol.length(); i++) {
      char c = protocol.charAt(i);
      if (c == '/') {
        slashes++;
      } else if (c > 0x7f || !Chars.token((byte) c)) {
        return false;
      }
    }
    if (protocol.isEmpty() || slashes > 1 || protocol.startsWith("/") || protocol.endsWith("/")) {
      return false;
    }
    byte[] name = Chars.ascii(name(protocol));
    for (byte[] hop : HOP_BY_HOP) {
      if (Arrays.equals(hop, name)) {
        return false;
      }
    }
    return true;
  }

  private static String name(String protocol) {
    int slash = protocol.indexOf('/');
    return (slash < 0 ? protocol : protocol.substring(0, slash)).toLowerCase(Locale.ROOT);
  }
}
