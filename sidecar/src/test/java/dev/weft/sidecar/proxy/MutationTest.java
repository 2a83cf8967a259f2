package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.RetryConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * Thousands of damaged messages, by a fixed seed: none may raise an exception, leak a buffer, or
 * keep the next request from being served; and what does reach an application is well formed.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class MutationTest {
  private static final String[] REQUESTS = {
    "GET /a/b?c=d HTTP/1.1\r\nHost: catalog\r\nUser-Agent: test\r\nConnection: keep-alive\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: catalog\r\nContent-Length: 5\r\n\r\nhello"
        + "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n",
    "PUT /q HTTP/1.1\r\nHost: catalog\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n3;x=y\r\nyou\r\n0\r\nX-T: v\r\n\r\n",
    "GET http://catalog/../x HTTP/1.0\r\nHost: catalog\r\nExpect: 100-continue\r\n\r\n"
  };
  private static final String[] RESPONSES = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x-a\r\nX-A: b\r\n\r\nhello",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n0\r\nX-T: v\r\n\r\n",
    "HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nto the end",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
  };
  private static final byte[] NASTY = {
    0, '\r', '\n', ' ', '\t', ':', ';', ',', '0', '1', '-', '+', 'x', '/', '.', '%', '?', '#', 127,
    -1
  };

  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger("dev.weft.sidecar");
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
            errors.add(entry.getMessage() + " " + entry.getThrown());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @Test
  void damagedRequestsHarmNobody() {
    var random = new Random(20261121);
    logger.addHandler(handler);
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      // Any other authority is unknown to the mesh.
      proxy.lookup.othersAreUnknown = true;
      var address = proxy.outbound();
      for (int i = 0; i < 2000; i++) {
        try (var client = proxy.client(address)) {
          client.send(mutate(REQUESTS[i % REQUESTS.length], random));
          client.socket().shutdownOutput();
          client.readToEnd();
        } catch (IOException | UncheckedIOException e) {
          // Refused with a reset at the latest.
        }
      }
      try (var client = proxy.client(address)) {
        assertThat(client.send(REQUESTS[0]).read().body()).isEqualTo("one");
      }
      assertThat(origin.requests)
          .allMatch(request -> request.line().matches("[^ ]+ [/*][^ ]* HTTP/1\\.1"))
          .allMatch(request -> request.header("host").equals("catalog"));
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(errors).isEmpty();
  }

  @Test
  void damagedResponsesHarmNobody() {
    var random = new Random(3);
    logger.addHandler(handler);
    var answers = new CopyOnWriteArrayList<byte[]>();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.out.write(answers.getLast());
                  connection.out.flush();
                })) {
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      for (int i = 0; i < 1000; i++) {
        answers.add(mutate(RESPONSES[i % RESPONSES.length], random));
        try (var client = proxy.client(address)) {
          client.send("GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n");
          assertThat(client.readToEnd()).startsWith("HTTP/1.1 ");
        }
      }
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(errors).isEmpty();
  }

  private static byte[] mutate(String message, Random random) {
    byte[] bytes = message.getBytes(StandardCharsets.ISO_8859_1);
    for (int n = random.nextInt(3); n >= 0; n--) {
      int at = random.nextInt(bytes.length);
      byte nasty = NASTY[random.nextInt(NASTY.length)];
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = nasty;
        case 1 -> bytes = splice(bytes, at, at, nasty);
        case 2 -> bytes = splice(bytes, at, at + 1);
        default -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
      if (bytes.length == 0) {
        return new byte[] {nasty};
      }
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte... insert) {
    byte[] spliced = new byte[bytes.length - (to - from) + insert.length];
    System.arraycopy(bytes, 0, spliced, 0, from);
    System.arraycopy(insert, 0, spliced, from, insert.length);
    System.arraycopy(bytes, to, spliced, from + insert.length, bytes.length - to);
    return spliced;
  }
}
