package dev.weft.sidecar.discovery;

import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadView;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.proxy.ResolvedHost;
import dev.weft.sidecar.proxy.VirtualHostLookup;
import dev.weft.sidecar.telemetry.Telemetry;
import io.grpc.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Sidecars' clients of a control plane that a test holds in its hand. */
abstract class DiscoveryFixture {
  final FakeControlPlane controlPlane = new FakeControlPlane();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
  private final List<Subject> subjects = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();

  @TempDir Path state;

  @AfterEach
  void stop() throws InterruptedException {
    for (Subject subject : subjects) {
      Subject.get(subject.loop.submit(subject.client::close));
      subject.client.join(60_000);
    }
    controlPlane.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** A client with two workers. */
  final class Subject {
    final EventLoop loop = (EventLoop) group.next();
    final List<EventLoop> workers = List.of((EventLoop) group.next(), (EventLoop) group.next());
    final List<VirtualHostLookup> lookups = new ArrayList<>();
    volatile ConfigSnapshot inForce = ConfigSnapshot.EMPTY;
    final AtomicInteger linked = new AtomicInteger();
    final AtomicInteger unlinked = new AtomicInteger();
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
                public void connected(Channel channel) {
                  linked.incrementAndGet();
                }

                @Override
                public void disconnected() {
                  unlinked.incrementAndGet();
                }
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

    boolean want(String name) {
      return get(loop.submit(() -> client.want(name)));
    }

    @Nullable VirtualHostConfig use(String name) {
      return get(loop.submit(() -> client.use(name)));
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

    @Nullable ResolvedHost find(int worker, String authority) {
      return get(workers.get(worker).submit(() -> lookups.get(worker).find(head(authority))));
    }

    ResolvedHost resolve(int worker, String authority) {
      return get(ask(worker, authority));
    }

    String failure(int worker, String authority) {
      try {
        ask(worker, authority).get(60, TimeUnit.SECONDS);
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

    private static <T> T get(Future<T> future) {
      try {
        return future.get(60, TimeUnit.SECONDS);
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
