package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Large bodies in every pairing: whole, in bounded memory, and as fast as the slower end. */
class PairingFlowTest {
  private static final String ALL = "dev.weft.sidecar.proxy.Passage#all";
  private static final long LARGE = 64L << 20;

  /** What one exchange may hold in the proxy: windows, queues and buffers in flight. */
  private static final long BOUND = 4L << 20;

  @ParameterizedTest
  @MethodSource(ALL)
  void largeBodiesBothWays(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.begin("POST", "/");
      var sent = call.stream(LARGE);
      var request = app.next();
      assertThat(request.bodySum()).isEqualTo(sent.get());
      assertThat(request.bytes()).isEqualTo(LARGE);
      request.respond(200);
      var answered = request.stream(LARGE);
      assertThat(call.bodySum()).isEqualTo(answered.get());
      assertThat(call.bytes()).isEqualTo(LARGE);
      assertThat(proxy.directBytesInUse()).isLessThan(BOUND);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void aReaderThatStopsStopsTheSender(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.begin("POST", "/");
      var request = app.next();
      request.reading(false);
      var sent = call.stream(LARGE);
      awaitStill(call);
      assertThat(proxy.directBytesInUse()).isLessThan(BOUND);
      request.reading(true);
      assertThat(request.bodySum()).isEqualTo(sent.get());

      call.reading(false);
      request.respond(200);
      var answered = request.stream(LARGE);
      awaitStill(request);
      assertThat(proxy.directBytesInUse()).isLessThan(BOUND);
      call.reading(true);
      assertThat(call.bodySum()).isEqualTo(answered.get());
    }
  }

  /** Waits until the sender cannot send any more; it has not sent all. */
  private static void awaitStill(End sender) {
    long[] before = new long[1];
    await()
        .during(400, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              long now = sender.streamed();
              boolean still = now == before[0] && now > 0;
              before[0] = now;
              return still;
            });
    assertThat(sender.streamed()).isLessThan(LARGE);
  }
}
