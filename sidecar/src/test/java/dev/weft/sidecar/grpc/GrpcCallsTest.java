package dev.weft.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.GrpcHealthCheck;
import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.sidecar.grpc.TwoSidecars.Setup;
import dev.weft.testkit.TcpRelay;
import dev.weft.testkit.TestCa;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC's own client and server, with two sidecars between them. */
class GrpcCallsTest {
  private static final int DEADLINE_SECONDS = 60;

  @TempDir Path state;

  private static String unary(ManagedChannel channel, String text) {
    return ClientCalls.blockingUnaryCall(
        channel,
        EchoServer.UNARY,
        CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS),
        text);
  }

  private static Status failure(ManagedChannel channel, String text) {
    return failure(channel, text, TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
  }

  private static Status failure(ManagedChannel channel, String text, long millis) {
    var options = CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    return catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, EchoServer.UNARY, options, text))
        .getStatus();
  }

  /** What a call brought, and how it ended. */
  private static final class Heard implements StreamObserver<String> {
    final BlockingQueue<String> texts = new LinkedBlockingQueue<>();

    @Override
    public void onNext(String text) {
      texts.add(text);
    }

    @Override
    public void onError(Throwable t) {
      texts.add(Status.fromThrowable(t).getCode().toString());
    }

    @Override
    public void onCompleted() {
      texts.add("OK");
    }

    String next() throws InterruptedException {
      String text = texts.poll(60, TimeUnit.SECONDS);
      return text == null ? "nothing came" : text;
    }
  }

  private static StreamObserver<String> stream(
      ManagedChannel channel, MethodDescriptor<String, String> method, Heard heard) {
    var call = channel.newCall(method, CallOptions.DEFAULT);
    return method == EchoServer.CLIENT
        ? ClientCalls.asyncClientStreamingCall(call, heard)
        : ClientCalls.asyncBidiStreamingCall(call, heard);
  }

  @Test
  void allFourTypesOfCalls() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port())) {
      ManagedChannel channel = mesh.channel();
      assertThat(unary(channel, "hello")).isEqualTo("one hello");

      List<String> parts = new ArrayList<>();
      Iterator<String> all =
          ClientCalls.blockingServerStreamingCall(
              channel, EchoServer.SERVER, CallOptions.DEFAULT, "a b c");
      all.forEachRemaining(parts::add);
      assertThat(parts).containsExactly("one a", "one b", "one c");

      var joined = new Heard();
      StreamObserver<String> client = stream(channel, EchoServer.CLIENT, joined);
      client.onNext("a");
      client.onNext("b");
      client.onCompleted();
      assertThat(joined.next()).isEqualTo("one a b");
      assertThat(joined.next()).isEqualTo("OK");

      // Each message is answered before the next is sent.
      var each = new Heard();
      StreamObserver<String> bidi = stream(channel, EchoServer.BIDI, each);
      for (String text : List.of("x", "y", "z")) {
        bidi.onNext(text);
        assertThat(each.next()).isEqualTo("one " + text);
      }
      bidi.onCompleted();
      assertThat(each.next()).isEqualTo("OK");
    }
  }

  @Test
  void statusAndMessageComeAsTheyWere() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port())) {
      ManagedChannel channel = mesh.channel();
      for (Status.Code code : Status.Code.values()) {
        if (code != Status.Code.OK) {
          Status status = failure(channel, "fail " + code.value() + " für 100% \n dich");
          assertThat(status.getCode()).isEqualTo(code);
          assertThat(status.getDescription()).isEqualTo("für 100% \n dich");
        }
      }
      // After messages, too.
      var parts = new ArrayList<String>();
      Iterator<String> all =
          ClientCalls.blockingServerStreamingCall(
              channel, EchoServer.SERVER, CallOptions.DEFAULT, "a fail_9_no");
      StatusRuntimeException end =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> all.forEachRemaining(parts::add));
      assertThat(parts).containsExactly("one a");
      assertThat(end.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    }
  }

  @Test
  void theDeadlineReachesTheServerAndItsEndTheCallerAndTheServer() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port())) {
      ManagedChannel channel = mesh.channel();
      unary(channel, "warm");
      assertThat(server.deadlines.getLast())
          .isBetween(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS));
      assertThat(failure(channel, "hang", 300).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }
  }

  @Test
  void theRoutesTimeIsADeadlineToo() throws Exception {
    try (var server = new EchoServer("one");
        var mesh =
            new TwoSidecars(
                state, route -> route.setRequestTimeoutNanos(300_000_000), server.port())) {
      Status status = failure(mesh.channel(), "hang");
      assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(status.getDescription()).contains("Request timed out");
      assertThat(server.deadlines.getLast()).isBetween(0L, 300_000_000L);
      await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }
  }

  /** Whatever the type of call, and whether or not a response has begun. */
  @ParameterizedTest
  @CsvSource({
    "Unary,hang,0",
    "Client,hang,0",
    "Server,hang,0",
    "Server,a hang,1",
    "Bidi,hang,0",
    "Bidi,a,1"
  })
  void aCallerWhoCancelsIsNoticedByTheServer(String type, String text, int messages)
      throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port())) {
      MethodDescriptor<String, String> method = EchoServer.method(type);
      var heard = new Heard();
      ClientCall<String, String> call = mesh.channel().newCall(method, CallOptions.DEFAULT);
      if (method.getType().clientSendsOneMessage()) {
        ClientCalls.asyncServerStreamingCall(call, text, heard);
      } else {
        ClientCalls.asyncBidiStreamingCall(call, heard).onNext(text);
      }
      await().untilAsserted(() -> assertThat(server.calls).hasValue(1));
      for (int i = 0; i < messages; i++) {
        assertThat(heard.next()).isEqualTo("one a");
      }
      call.cancel("no longer wanted", null);
      assertThat(heard.next()).isEqualTo("CANCELLED");
      await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }
  }

  /** As it is without sidecars: a connection that is lost is UNAVAILABLE. */
  @Test
  void aServerThatDiesWithinAStreamIsUnavailable() throws Exception {
    try (var server = new EchoServer("one");
        var network = new TcpRelay(server.port());
        var mesh =
            new TwoSidecars(
                state, route -> route.setRetry(TwoSidecars.retryOn(14)), network.port())) {
      var heard = new Heard();
      ClientCalls.asyncServerStreamingCall(
          mesh.channel().newCall(EchoServer.SERVER, CallOptions.DEFAULT), "a hang", heard);
      assertThat(heard.next()).isEqualTo("one a");
      network.cut();
      assertThat(heard.next()).isEqualTo("UNAVAILABLE");
      assertThat(server.calls).hasValue(1);
    }
  }

  @Test
  void nothingIsTriedAgainOnceAMessageWasSentOn() throws Exception {
    try (var one = new EchoServer("one");
        var two = new EchoServer("two");
        var mesh =
            new TwoSidecars(
                state, route -> route.setRetry(TwoSidecars.retryOn(14)), one.port(), two.port())) {
      var heard = new Heard();
      ClientCalls.asyncServerStreamingCall(
          mesh.channel().newCall(EchoServer.SERVER, CallOptions.DEFAULT), "a fail_14_late", heard);
      assertThat(heard.next()).endsWith(" a");
      assertThat(heard.next()).isEqualTo("UNAVAILABLE");
      assertThat(one.calls.get() + two.calls.get()).isEqualTo(1);
    }
  }

  @Test
  void callsAreBalancedOneByOneThoughTheyShareAConnection() throws Exception {
    try (var one = new EchoServer("one");
        var two = new EchoServer("two");
        var three = new EchoServer("three");
        var mesh = new TwoSidecars(state, one.port(), two.port(), three.port())) {
      ManagedChannel channel = mesh.channel();
      for (int i = 0; i < 30; i++) {
        unary(channel, "x");
      }
      assertThat(List.of(one.calls.get(), two.calls.get(), three.calls.get()))
          .allSatisfy(calls -> assertThat(calls).isBetween(5, 15));
    }
  }

  /** The check goes the way of the calls: over mutual TLS and through the other's sidecar. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoseHealthServiceSaysSoIsNotCalled(boolean mutualTls) throws Exception {
    Setup bare = mutualTls ? Setup.mutualTls(new TestCa("mesh"), state) : Setup.BARE;
    var setup =
        new Setup(
            bare.caller(),
            bare.applications(),
            cluster -> {
              bare.cluster().accept(cluster);
              cluster.setHealthCheck(
                  HealthCheck.newBuilder()
                      .setGrpc(GrpcHealthCheck.getDefaultInstance())
                      .setIntervalNanos(50_000_000)
                      .setTimeoutNanos(5_000_000_000L)
                      .setHealthyThreshold(1)
                      .setUnhealthyThreshold(1));
            });
    try (var one = new EchoServer("one");
        var two = new EchoServer("two");
        var mesh = new TwoSidecars(state, route -> {}, setup, one.port(), two.port())) {
      ManagedChannel channel = mesh.channel();
      one.health.setStatus("", ServingStatus.NOT_SERVING);
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(Stream.generate(() -> unary(channel, "x")).limit(8))
                      .containsOnly("two x"));
      one.health.setStatus("", ServingStatus.SERVING);
      two.health.setStatus("", ServingStatus.NOT_SERVING);
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(Stream.generate(() -> unary(channel, "x")).limit(8))
                      .containsOnly("one x"));
    }
  }

  @Test
  void aConfiguredStatusIsTriedElsewhere() throws Exception {
    try (var sick = new EchoServer("sick", Status.UNAVAILABLE);
        var well = new EchoServer("well");
        var mesh =
            new TwoSidecars(
                state,
                route -> route.setRetry(TwoSidecars.retryOn(14)),
                sick.port(),
                well.port())) {
      ManagedChannel channel = mesh.channel();
      for (int i = 0; i < 6; i++) {
        assertThat(unary(channel, "x")).isEqualTo("well x");
      }
      assertThat(sick.calls.get()).isPositive();
    }
  }

  @Test
  void anApplicationThatIsGoneIsUnavailable() throws Exception {
    int port;
    try (var gone = new EchoServer("gone")) {
      port = gone.port();
    }
    try (var mesh = new TwoSidecars(state, port)) {
      Status status = failure(mesh.channel(), "x");
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getDescription()).contains("Connect failed");
    }
  }
}
