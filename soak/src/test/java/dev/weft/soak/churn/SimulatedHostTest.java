package dev.weft.soak.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.KeepAliveResponse.Status;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceImplBase;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SimulatedHostTest {
  private final Registry registry = new Registry();
  private Server server;
  private SimulatedHost host;

  @BeforeEach
  void open() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(registry)
            .build()
            .start();
    host = new SimulatedHost("127.0.0.1", server.getPort());
  }

  @AfterEach
  void close() {
    host.close();
    server.shutdownNow();
  }

  @Test
  void anInstanceThatWasKnownRegistersAgainAtOnceAsTheSame() {
    register();
    await().until(() -> registry.beats.size() == 1);
    registry.says = Status.UNKNOWN;
    host.beat();

    await().until(() -> registry.registrations.size() >= 2);
    assertThat(registry.registrations.getLast().getInstance().getIncarnation()).isEqualTo("one");
    await().until(() -> host.registeredAgain() == 1);
    assertThat(host.lost()).isPositive();
    assertThat(host.instances()).isEqualTo(1);
  }

  @Test
  void anInstanceThatWasNeverKnownPausesFirst() {
    registry.says = Status.UNKNOWN;
    register();
    await().until(() -> host.lost() == 1);
    assertThat(registry.registrations).hasSize(1);

    registry.says = Status.ALIVE;
    host.beat();

    await().until(() -> host.registeredAgain() == 1);
    await().until(() -> registry.beats.size() == 2);
    assertThat(registry.registrations).hasSize(2);
  }

  @Test
  void whatIsNotDecidedChangesNothing() {
    registry.says = Status.STATUS_UNSPECIFIED;
    register();
    host.beat();

    await().until(() -> host.undecided() == 2);
    assertThat(host.lost()).isZero();
    assertThat(registry.registrations).hasSize(1);
  }

  @Test
  void anEndWaitsForTheRegistrationThatIsUnderWay() {
    registry.says = Status.UNKNOWN;
    register();
    await().until(() -> host.lost() == 1);
    registry.answering = new CompletableFuture<>();
    host.beat();
    await().until(() -> registry.registrations.size() == 2);

    CompletableFuture<DeregisterResponse> end = host.end("sim-1");
    assertThat(registry.ends).isEmpty();
    registry.answering.complete(null);

    assertThat(end.join().getRemoved()).isTrue();
    assertThat(registry.ends).hasSize(1);
    host.beat();
    assertThat(registry.registrations).hasSize(2);
  }

  private void register() {
    host.register("churn-1", "sim-1", "10.20.0.1").join();
  }

  /** Registers everybody, and answers heartbeats as it is told. */
  private static final class Registry extends RegistryServiceImplBase {
    final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
    final List<KeepAliveRequest> beats = new CopyOnWriteArrayList<>();
    final List<DeregisterRequest> ends = new CopyOnWriteArrayList<>();
    volatile Status says = Status.ALIVE;
    volatile CompletableFuture<Void> answering = CompletableFuture.completedFuture(null);

    @Override
    public void register(RegisterRequest request, StreamObserver<RegisterResponse> out) {
      registrations.add(request);
      answering.thenRun(
          () -> {
            out.onNext(RegisterResponse.newBuilder().setIncarnation("one").build());
            out.onCompleted();
          });
    }

    @Override
    public StreamObserver<KeepAliveRequest> keepAlive(StreamObserver<KeepAliveResponse> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(KeepAliveRequest beat) {
          Status status = says;
          beats.add(beat);
          out.onNext(KeepAliveResponse.newBuilder().setId(beat.getId()).setStatus(status).build());
        }

        @Override
        public void onError(Throwable failure) {
          // The host has closed.
        }

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }

    @Override
    public void deregister(DeregisterRequest request, StreamObserver<DeregisterResponse> out) {
      ends.add(request);
      out.onNext(DeregisterResponse.newBuilder().setRemoved(true).build());
      out.onCompleted();
    }
  }
}
