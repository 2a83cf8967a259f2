package dev.weft.controlplane.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Over real sockets: connections and calls are counted, and refused with a reason. */
class CallGateTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A rate of ten, of which a hundred may come at once. */
  private static final PeerLimit RATE = PeerLimit.REFUSALS;

  /** Answers a mebibyte. */
  private static final MethodDescriptor<byte[], byte[]> LARGE =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Large/Get")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  private final AtomicLong nanos = new AtomicLong();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final PeerLimits limits = new PeerLimits(meters, System::currentTimeMillis);
  private final CallGate gate = new CallGate(limits, meters, nanos::get, 2, RATE);
  private final List<ManagedChannel> channels = new ArrayList<>();
  private Server server =
      NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
          .addTransportFilter(gate)
          .addStreamTracerFactory(gate.answers())
          .intercept(gate)
          .addService(new HealthStatusManager().getHealthService())
          .addService(
              ServerServiceDefinition.builder("test.Large")
                  .addMethod(
                      LARGE,
                      ServerCalls.asyncUnaryCall(
                          (_, observer) -> {
                            observer.onNext(new byte[1 << 20]);
                            observer.onCompleted();
                          }))
                  .build())
          .build();

  @BeforeEach
  void start() throws IOException {
    server = server.start();
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.shutdownNow();
  }

  @Test
  void aConnectionTooManyIsToldSoAndServedWhenAnotherHasGone() {
    ManagedChannel first = connect();
    assertThat(check(first)).isEqualTo(ServingStatus.SERVING);
    assertThat(check(connect())).isEqualTo(ServingStatus.SERVING);
    assertThat(connections()).isEqualTo(2);

    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> check(connect()))
        .satisfies(e -> assertThat(code(e)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .withMessageContaining("has 2 connections already")
        .withMessageContaining("connections");
    assertThat(limits.recent()).extracting(Trouble::limit).containsExactly(PeerLimit.CONNECTIONS);

    channels.forEach(ManagedChannel::shutdownNow);
    await().atMost(PATIENCE).until(() -> connections() == 0);
    assertThat(check(connect())).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void aHostThatCallsTooOftenIsToldToGoOnSlower() {
    ManagedChannel channel = connect();
    for (int i = 0; i < 100; i++) {
      assertThat(check(channel)).isEqualTo(ServingStatus.SERVING);
    }
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> check(channel))
        .satisfies(e -> assertThat(code(e)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .withMessageContaining("127.0.0.1 makes more than");
    assertThat(limits.recent())
        .singleElement()
        .satisfies(trouble -> assertThat(trouble.peer()).isEqualTo("127.0.0.1"));

    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(check(channel)).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void whoDoesNotReadAnswersGetsNoMoreOfThem() {
    ManagedChannel deaf = connect();
    List<ClientCall<byte[], byte[]>> unread = new ArrayList<>();
    // One is beyond the limit, and the next is refused.
    for (int i = 0; i < 33; i++) {
      unread.add(call(deaf, new CompletableFuture<>()));
    }
    await().atMost(PATIENCE).until(() -> gauge("weft.peer.unread.answers") > 32 << 20);
    var refused = new CompletableFuture<Status>();
    call(deaf, refused);

    Status status = refused.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("127.0.0.1 has not read answers of more than");

    unread.forEach(one -> one.cancel("the test gives up", null));
    await().atMost(PATIENCE).until(() -> gauge("weft.peer.unread.answers") == 0);
    assertThat(check(deaf)).isEqualTo(ServingStatus.SERVING);
  }

  /** Asks, and reads no answer. */
  private static ClientCall<byte[], byte[]> call(
      ManagedChannel channel, CompletableFuture<Status> ended) {
    ClientCall<byte[], byte[]> call = channel.newCall(LARGE, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(new byte[0]);
    call.halfClose();
    return call;
  }

  private static Status.Code code(StatusRuntimeException failure) {
    return failure.getStatus().getCode();
  }

  private double connections() {
    return gauge("weft.peer.connections");
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }

  private static ServingStatus check(ManagedChannel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  private ManagedChannel connect() {
    ManagedChannel made =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .initialFlowControlWindow(64 << 10)
            .usePlaintext()
            .build();
    channels.add(made);
    return made;
  }

  /** As they are. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      return new byte[0];
    }
  }
}
