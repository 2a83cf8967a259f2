package dev.weft.controlplane.discovery;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.testkit.SocketThreads;
import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Registers instances, again and again under a thousand names, as fast as it is answered, on a
 * thread of its own until it is closed.
 */
final class RegistrationFlood implements AutoCloseable {
  private static final int UNDER_WAY = 256;
  private static final int NAMES = 1_000;

  private final ManagedChannel channel;
  private final RegistryServiceGrpc.RegistryServiceStub stub;
  private final Semaphore mayCall = new Semaphore(UNDER_WAY);
  private final AtomicLong refused = new AtomicLong();
  private final Thread thread;
  private volatile boolean going = true;

  /**
   * @param from the address that it calls from, another machine's to the control plane
   */
  RegistrationFlood(String from, int port) {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .localSocketPicker(
                new NettyChannelBuilder.LocalSocketPicker() {
                  @Override
                  public SocketAddress createSocketAddress(
                      SocketAddress remote, Attributes attributes) {
                    return new InetSocketAddress(from, 0);
                  }
                })
            .usePlaintext()
            .build();
    stub = RegistryServiceGrpc.newStub(channel);
    thread = SocketThreads.start(this::flood);
  }

  /** How many were not accepted so far. */
  long refused() {
    return refused.get();
  }

  private void flood() {
    for (int i = 0; going; i++) {
      mayCall.acquireUninterruptibly();
      stub.register(
          RegisterRequest.newBuilder()
              .setInstance(
                  Instance.newBuilder()
                      .setId("flood-" + i % NAMES)
                      .setNamespace("default")
                      .setService("flood")
                      .setAddress("127.0.0.2")
                      .setIncarnation("i" + i)
                      .setPeer(PeerKind.APPLICATION)
                      .setReadiness(Readiness.READY)
                      .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080)))
              .build(),
          new Answer());
    }
  }

  @Override
  public void close() throws InterruptedException {
    going = false;
    thread.join();
    mayCall.acquire(UNDER_WAY);
    channel.shutdownNow();
  }

  /** Makes room for the next. */
  private final class Answer implements StreamObserver<RegisterResponse> {
    @Override
    public void onNext(RegisterResponse response) {}

    @Override
    public void onError(Throwable failure) {
      refused.incrementAndGet();
      mayCall.release();
    }

    @Override
    public void onCompleted() {
      mayCall.release();
    }
  }
}
