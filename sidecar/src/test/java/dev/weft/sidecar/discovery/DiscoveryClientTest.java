package dev.weft.sidecar.discovery;

import static dev.weft.sidecar.FakeControlPlane.cluster;
import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.name;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static dev.weft.sidecar.FakeControlPlane.unknownHost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.head.HeadView;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.proxy.ResolvedHost;
import dev.weft.sidecar.proxy.VirtualHostLookup;
import dev.weft.sidecar.telemetry.Telemetry;
import io.grpc.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryClientTest {
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
  private final List<Subject> subjects = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();

  @TempDir Path state;

  @AfterEach
  void stop() throws InterruptedException {
    for (Subject subject : subjects) {
      Subject.get(subject.loop.submit(subject.client::close));
      subject.client.join(5000);
    }
    controlPlane.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void firstRequestSaysWhoAsksAndForWhat() {
    controlPlane.put(inbound("frontend"));
    new Subject(List.of("Catalog", "orders.default:80"), 100).start();

    await().until(() -> !controlPlane.hellos().isEmpty());
    DiscoveryRequest hello = controlPlane.hellos().getFirst();
    assertThat(hello.getNode().getId()).isEqualTo("frontend-0");
    assertThat(hello.getSubscribeList())
        .containsExactly(
            name(ResourceKind.INBOUND, "default/frontend"),
            name(ResourceKind.VIRTUAL_HOST, "default/catalog"),
            name(ResourceKind.VIRTUAL_HOST, "default/orders.default:80"));
    assertThat(hello.getHeldList()).isEmpty();
  }

  @Test
  void aRequestForAnUnknownHostWaitsUntilItIsKnown() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of(), 100).start();

    ResolvedHost host = subject.resolve(0, "Catalog:80");

    assertThat(host.routes().host().found()).isTrue();
    assertThat(host.routes().route(0).backends().getFirst().cluster())
        .isEqualTo("catalog.default:80");
    // Every worker has it, and the case of the caller's letters does not matter.
    await().until(() -> host.equals(subject.find(1, "cataLOG:80")));
    await().until(() -> subject.inForce.clusters().containsKey("catalog.default:80"));
  }

  @Test
  void notFoundIsAnAnswerAndIsReplacedWhenTheHostAppears() {
    controlPlane.put(inbound("frontend"), unknownHost("catalgo", "catalog"));
    var subject = new Subject(List.of(), 100).start();

    ResolvedHost host = subject.resolve(0, "catalgo");
    assertThat(host.routes().host().found()).isFalse();
    assertThat(host.routes().host().nearMisses()).containsExactly("catalog");

    controlPlane.put(
        slice("catalgo", 8081), cluster("catalgo"), changed(host("catalgo", "catalgo")));
    await().until(() -> subject.resolve(0, "catalgo").routes().host().found());
  }

  @Test
  void whatCannotBeAnAuthorityIsNotAskedFor() {
    var subject = new Subject(List.of(), 100).start();

    assertThat(subject.resolve(0, "cata/log").routes().host().found()).isFalse();
    assertThat(controlPlane.requests)
        .noneMatch(r -> r.getSubscribeList().stream().anyMatch(n -> n.getName().contains("cata")));
  }

  @Test
  void withoutAnAnswerTheWaitEndsWithTheReason() {
    controlPlane.kill();
    var subject = new Subject(List.of(), 100).start();

    assertThat(subject.failure(0, "catalog"))
        .contains("TIMED_OUT no configuration for catalog in time: no control plane is connected")
        .contains(controlPlane.address());
  }

  @Test
  void tooManyHostsInUseAreRefusedAndUnknownOnesMakeRoom() {
    controlPlane.put(inbound("frontend"), unknownHost("typo"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of(), 3).start();
    subject.resolve(0, "catalog");
    subject.resolve(0, "typo");

    // The third host: the one that is not known makes room.
    subject.resolve(0, "catalog:80");
    assertThat(subject.find(0, "typo")).isNull();
    await()
        .until(
            () ->
                controlPlane.requests.stream()
                    .anyMatch(
                        r ->
                            r.getUnsubscribeList()
                                .contains(name(ResourceKind.VIRTUAL_HOST, "default/typo"))));

    // Both known ones are in use right now.
    assertThat(subject.failure(0, "catalog.default")).contains("TOO_MANY", "limit");
  }

  @Test
  void everyWorkerHasAResponseBeforeItIsAcknowledged() {
    controlPlane.put(inbound("frontend"));
    var subject = new Subject(List.of("catalog"), 100);
    var held = new CompletableFuture<Void>();
    subject.start();
    await().until(() -> controlPlane.requests.size() >= 2);
    subject.workers.get(1).execute(held::join);

    controlPlane.service("catalog", 8081);
    String nonce = controlPlane.lastNonce();
    await().until(() -> subject.find(0, "catalog") != null);
    assertThat(controlPlane.requests).noneMatch(r -> r.getNonce().equals(nonce));

    held.complete(null);
    assertThat(controlPlane.awaitAnswer(nonce).hasRejection()).isFalse();
    assertThat(subject.find(1, "catalog")).isNotNull();
  }

  @Test
  void aBadResponseIsRefusedWholeWithThePathOfTheField() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    ResolvedHost before = subject.resolve(0, "catalog");

    controlPlane.put(slice("catalog", 8082), changed(host("catalog", "catalog", "nowhere")));

    DiscoveryRequest answer = controlPlane.awaitAnswer(controlPlane.lastNonce());
    assertThat(answer.getRejection().getResource().getName()).isEqualTo("default/catalog");
    assertThat(answer.getRejection().getFieldPath()).isEqualTo("routes[0].backends[1].cluster");
    assertThat(answer.getRejection().getMessage()).contains("nowhere.default:80");
    assertThat(subject.find(0, "catalog")).isSameAs(before);
    assertThat(subject.ports("catalog.default:80")).containsExactly(8081);
    assertThat(subject.status().rejected()).isEqualTo(1);

    // What is good again is taken.
    controlPlane.endpoints("catalog", 8083);
    await().until(() -> subject.ports("catalog.default:80").equals(List.of(8083)));
  }

  @Test
  void aReconnectTellsWhatIsHeldSoThatOnlyChangesCome() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    subject.resolve(0, "catalog:80");
    controlPlane.awaitAnswer(controlPlane.lastNonce());
    long received = subject.status().resourcesReceived();

    controlPlane.kill();
    await().until(() -> !subject.status().connected());
    assertThat(subject.find(0, "catalog")).isNotNull();
    controlPlane.endpoints("catalog", 8081, 8082);
    controlPlane.start();

    await().until(() -> subject.ports("catalog.default:80").equals(List.of(8081, 8082)));
    DiscoveryRequest hello = controlPlane.hellos().get(1);
    assertThat(hello.getHeldStoreId()).isEqualTo("store-1");
    assertThat(hello.getHeldList())
        .extracting(HeldResource::getResource)
        .extracting(ResourceName::getName)
        .containsExactlyInAnyOrder(
            "default/frontend",
            "default/catalog",
            "default/catalog:80",
            "catalog.default:80",
            "catalog.default:80/0");
    assertThat(subject.status().resourcesReceived()).isEqualTo(received + 1);
  }

  @Test
  void anotherControlPlaneTakesOver() {
    try (var second = new FakeControlPlane()) {
      for (FakeControlPlane each : List.of(controlPlane, second)) {
        each.put(inbound("frontend"));
      }
      var subject =
          new Subject(List.of(), 100, controlPlane.address() + "," + second.address()).start();
      await().until(() -> controlPlane.hellos().size() + second.hellos().size() == 1);
      boolean firstWas = !controlPlane.hellos().isEmpty();

      (firstWas ? controlPlane : second).kill();

      await().until(() -> !(firstWas ? second : controlPlane).hellos().isEmpty());
      assertThat((firstWas ? second : controlPlane).hellos().getFirst().getHeldCount())
          .isEqualTo(1);
      assertThat(subject.status().configured()).isTrue();
    }
  }

  @Test
  void withoutAControlPlaneTheCopyOnDiskServes() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    new Subject(List.of(), 100).start().resolve(0, "catalog");
    Path file = state.resolve("last-good.bin");
    await()
        .until(
            () -> {
              var loaded = new LastGoodFile(state, "default/frontend").read();
              return loaded != null && loaded.resources().size() == 4;
            });
    controlPlane.kill();

    var restarted = new Subject(List.of(), 100).start();

    assertThat(restarted.resolve(0, "catalog").routes().host().found()).isTrue();
    await().until(() -> restarted.ports("catalog.default:80").equals(List.of(8081)));
    assertThat(restarted.status().fromDisk()).isTrue();
    assertThat(restarted.status().configured()).isTrue();
    assertThat(file).exists();
  }

  @Test
  void aDamagedCopyOnDiskIsIgnored() throws IOException {
    controlPlane.put(inbound("frontend"));
    new Subject(List.of(), 100).start();
    Path file = state.resolve("last-good.bin");
    await().until(() -> Files.exists(file));
    controlPlane.kill();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    var restarted = new Subject(List.of(), 100).start();

    await().until(() -> restarted.status().problem().contains(controlPlane.address()));
    assertThat(restarted.status().configured()).isFalse();
    assertThat(new LastGoodFile(state, "default/frontend").read()).isNull();
    Files.write(file, new byte[] {1, 2, 3});
    assertThat(new LastGoodFile(state, "default/frontend").read()).isNull();
  }

  @Test
  void anotherStoreReplacesEverythingWithoutAGap() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    subject.resolve(0, "catalog");
    controlPlane.kill();
    controlPlane.storeId("store-2");
    controlPlane.endpoints("catalog", 8082);
    controlPlane.start();

    await().until(() -> subject.status().storeId().equals("store-2"));
    await()
        .untilAsserted(() -> assertThat(subject.ports("catalog.default:80")).containsExactly(8082));
    assertThat(subject.find(0, "catalog")).isNotNull();
  }

  private static dev.weft.proto.discovery.v1.Resource changed(
      dev.weft.proto.discovery.v1.Resource resource) {
    return resource.toBuilder().setVersion("v2").build();
  }

  /** A client with two workers. */
  private final class Subject {
    final EventLoop loop = (EventLoop) group.next();
    final List<EventLoop> workers = List.of((EventLoop) group.next(), (EventLoop) group.next());
    final List<VirtualHostLookup> lookups = new ArrayList<>();
    volatile ConfigSnapshot inForce = ConfigSnapshot.EMPTY;
    final DiscoveryClient client;

    Subject(List<String> dependencies, int max) {
      this(dependencies, max, controlPlane.address());
    }

    Subject(List<String> dependencies, int max, String addresses) {
      client =
          new DiscoveryClient(
              new DiscoverySettings(
                  ControlPlaneAddress.parse(addresses),
                  "default",
                  "frontend",
                  () ->
                      Node.newBuilder()
                          .setId("frontend-0")
                          .setNamespace("default")
                          .setService("frontend")
                          .build(),
                  dependencies,
                  state,
                  max,
                  DiscoverySettings.DEFAULT_IDLE_NANOS),
              loop,
              NioSocketChannel.class,
              new ConfigListener() {
                @Override
                public void prepare(ConfigSnapshot snapshot) {}

                @Override
                public void inForce(ConfigSnapshot snapshot) {
                  inForce = snapshot;
                }
              },
              new ControlPlaneLink() {
                @Override
                public void connected(Channel channel) {}

                @Override
                public void disconnected() {}
              },
              clock::get,
              new Random(1),
              bound -> {});
      var telemetry = new Telemetry(null);
      for (EventLoop worker : workers) {
        lookups.add(client.newWorker(worker, telemetry.newWorker()));
      }
      subjects.add(this);
    }

    Subject start() {
      client.start();
      return this;
    }

    DiscoveryStatus status() {
      return get(loop.submit(client::status));
    }

    List<Integer> ports(String cluster) {
      ConfigSnapshot now = inForce;
      var config = now.clusters().get(cluster);
      return config == null
          ? List.of()
          : now.endpoints(config).stream().map(endpoint -> endpoint.port()).toList();
    }

    @org.jspecify.annotations.Nullable
    ResolvedHost find(int worker, String authority) {
      return get(workers.get(worker).submit(() -> lookups.get(worker).find(head(authority))));
    }

    ResolvedHost resolve(int worker, String authority) {
      return get(ask(worker, authority));
    }

    String failure(int worker, String authority) {
      try {
        ask(worker, authority).get(5, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        return String.valueOf(e.getCause());
      } catch (InterruptedException | TimeoutException e) {
        throw new AssertionError(e);
      }
      throw new AssertionError(authority + " was resolved");
    }

    private CompletableFuture<ResolvedHost> ask(int worker, String authority) {
      var answer = new CompletableFuture<ResolvedHost>();
      workers
          .get(worker)
          .execute(
              () -> {
                HeadView head = head(authority);
                VirtualHostLookup lookup = lookups.get(worker);
                ResolvedHost known = lookup.find(head);
                if (known != null) {
                  answer.complete(known);
                  return;
                }
                lookup.await(
                    head,
                    new VirtualHostLookup.Waiter() {
                      @Override
                      public void resolved(ResolvedHost host) {
                        answer.complete(host);
                      }

                      @Override
                      public void unresolved(VirtualHostLookup.Reason why, String detail) {
                        answer.completeExceptionally(new IllegalStateException(why + " " + detail));
                      }
                    });
              });
      return answer;
    }

    private static <T> T get(java.util.concurrent.Future<T> future) {
      try {
        return future.get(5, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static HeadView head(String authority) {
    var filler = new HeadView.Filler();
    filler.begin(ByteBuffer.wrap(authority.getBytes(StandardCharsets.ISO_8859_1)));
    filler.authority(0, authority.length());
    return filler.view();
  }
}
