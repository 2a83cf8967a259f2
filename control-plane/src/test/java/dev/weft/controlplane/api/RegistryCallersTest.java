package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.Trouble;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Sessions, and what one caller may do at the cost of others. */
class RegistryCallersTest extends RegistryServiceFixture {
  @Test
  void aStreamThatStaysSilentIsClosed() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    stream.onNext(heartbeat("catalog-0", incarnation));
    stream.onNext(heartbeat("catalog-0", "dead"));
    stream.onNext(heartbeat("nobody", "dead"));
    await().until(() -> answers.received.size() == 3);
    assertThat(answers.received)
        .extracting(KeepAliveResponse::getStatus)
        .containsExactly(
            KeepAliveResponse.Status.ALIVE,
            KeepAliveResponse.Status.SUPERSEDED,
            KeepAliveResponse.Status.UNKNOWN);
    assertThat(sessions.count()).isEqualTo(1);
    for (int i = 0; i < 11; i++) {
      nanos.addAndGet(TTL.dividedBy(10).toNanos());
      sessions.tick();
    }
    await().until(() -> answers.failure != null);
    assertThat(answers.failure).hasMessageContaining("no heartbeat of default/catalog-0");
    assertThat(sessions.count()).isZero();
  }

  @Test
  void whoBeatsTooFastIsReadLaterAndNamedAndHoldsNobodyUp() {
    String flooding = register(instance("catalog", "catalog-0").build()).getIncarnation();
    String other = register(instance("catalog", "catalog-1").build()).getIncarnation();
    StreamObserver<KeepAliveRequest> flood =
        RegistryServiceGrpc.newStub(channel).keepAlive(new Events<>());
    for (int i = 0; i < 5_000; i++) {
      flood.onNext(heartbeat("catalog-0", flooding));
    }
    await().until(() -> !limits.recent().isEmpty());
    Events<KeepAliveResponse> answers = new Events<>();
    RegistryServiceGrpc.newStub(channel).keepAlive(answers).onNext(heartbeat("catalog-1", other));

    await().until(() -> answers.received.size() == 1);
    // The clock stands still: what comes after the first hundred is read ten times a second.
    assertThat(sessions.heartbeats()).isBetween(100L, 1_000L);
    assertThat(limits.recent())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.peer()).isEqualTo("default/catalog-0");
              assertThat(trouble.limit()).isEqualTo(PeerLimit.HEARTBEATS);
              assertThat(trouble.message()).contains("limit heartbeats").contains("third of");
            });
  }

  @Test
  void whoIsDeniedHoldsUpNobodyElseOfTheStream() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    reading = new CompletableFuture<>();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    for (int i = 0; i < 50; i++) {
      stream.onNext(heartbeat("gone-" + i, "dead"));
    }
    stream.onNext(heartbeat("catalog-0", incarnation));

    await().until(() -> !answers.received.isEmpty());
    assertThat(answers.received)
        .extracting(KeepAliveResponse::getStatus)
        .containsExactly(KeepAliveResponse.Status.ALIVE);
    reading.complete(null);
    await().until(() -> answers.received.size() == 51);
  }

  @Test
  void moreThanMayWaitForAnAnswerAreReadWhenOthersHaveTheirs() {
    reading = new CompletableFuture<>();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    for (int i = 0; i < 300; i++) {
      stream.onNext(heartbeat("gone-" + i, "dead"));
    }
    await().until(() -> sessions.heartbeats() == 100);

    reading.complete(null);
    await()
        .until(
            () -> {
              nanos.addAndGet(TTL.toNanos());
              return answers.received.size() == 300;
            });
  }

  @Test
  void aStreamWhoseOthersHaveLeftIsClosedWhenItsLastInstanceIsSilent() {
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    String leaving = register(instance("catalog", "catalog-0").build()).getIncarnation();
    String silent = register(instance("catalog", "catalog-1").build()).getIncarnation();
    stream.onNext(heartbeat("catalog-0", leaving));
    stream.onNext(heartbeat("catalog-1", silent));
    await().until(() -> answers.received.size() == 2);

    deregister("catalog-0", leaving, 0);
    for (int i = 0; i < 11; i++) {
      nanos.addAndGet(TTL.dividedBy(10).toNanos());
      sessions.tick();
    }
    await().until(() -> answers.failure != null);
    assertThat(answers.failure).hasMessageContaining("no heartbeat of default/catalog-1");
  }

  @Test
  void manyWhoAreDeniedAreAllAnswered() {
    List<StreamObserver<KeepAliveRequest>> streams = new ArrayList<>();
    Events<KeepAliveResponse> answers = new Events<>();
    for (int i = 0; i < 50; i++) {
      streams.add(RegistryServiceGrpc.newStub(channel).keepAlive(answers));
    }
    streams.forEach(stream -> stream.onNext(heartbeat("nobody", "dead")));

    await().until(() -> answers.received.size() == 50);
    assertThat(answers.received)
        .allMatch(answer -> answer.getStatus() == KeepAliveResponse.Status.UNKNOWN);
  }

  @Test
  void whoRegistersTooOftenIsRefusedAndNamed() {
    RegisterRequest same =
        RegisterRequest.newBuilder()
            .setInstance(instance("catalog", "catalog-0").setIncarnation("one"))
            .build();
    long allowed = PeerLimit.REGISTRATIONS.value() * 10;
    for (int i = 0; i < allowed; i++) {
      stub.register(same);
    }

    assertThatThrownBy(() -> stub.register(same))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED")
        .hasMessageContaining("more than 500/s")
        .hasMessageContaining("limit registrations");
    assertThat(limits.recent()).extracting(Trouble::limit).containsExactly(PeerLimit.REGISTRATIONS);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(stub.register(same).getIncarnation()).isEqualTo("one");
  }

  @Test
  void anInstanceThatIsTooLargeIsRefused() {
    Instance.Builder large = instance("catalog", "catalog-0");
    for (int i = 0; i < 10; i++) {
      large.putMetadata("key-" + i, "x".repeat(4_000));
    }
    assertThatThrownBy(() -> register(large.build()))
        .hasMessageStartingWith("INVALID_ARGUMENT")
        .hasMessageContaining("32 KiB (limit instance)");
    assertThat(list("catalog")).isEmpty();
  }

  @Test
  void oneWhoRegistersMostOfWhatThereMayBeLeavesRoomForOthers() {
    register(instance("catalog", "catalog-0").build());
    register(instance("catalog", "catalog-1").build());
    Instance more = instance("catalog", "catalog-2").build();
    Instance known = instance("catalog", "catalog-1").build();

    new RegistryGate(registry, limits, nanos::get, 6, 2).requireRoom(more);
    var half = new RegistryGate(registry, limits, nanos::get, 4, 2);
    half.requireRoom(known);
    assertThatThrownBy(() -> half.requireRoom(more))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED")
        .hasMessageContaining("limit instances-of-one");
    new RegistryGate(registry, limits, nanos::get, 4, 3).requireRoom(more);
    var full = new RegistryGate(registry, limits, nanos::get, 2, 3);
    assertThatThrownBy(() -> full.requireRoom(more)).hasMessageContaining("at most 2 are allowed");
    full.requireRoom(known);
  }

  @Test
  void whatAHeartbeatSaysHasABound() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    RegistryServiceGrpc.newStub(channel)
        .keepAlive(answers)
        .onNext(
            heartbeat("catalog-0", incarnation).toBuilder()
                .setReadinessReason("x".repeat(5_000))
                .build());
    await().until(() -> answers.failure != null);
    assertThat(answers.failure).hasMessageContaining("readiness_reason has 5000 characters");
  }

  @Test
  void sessionsEndWithTheirStream() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    stream.onNext(heartbeat("catalog-0", incarnation));
    await().until(() -> sessions.count() == 1);
    stream.onCompleted();
    await().until(() -> sessions.count() == 0);
    assertThat(list("catalog")).containsExactly("catalog-0");
  }
}
