package dev.weft.soak.churn;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Calls a replica as nobody should, from an address of its own, since its limits hold for a host.
 * What it has begun ends when it is closed. For one thread.
 */
public final class HostileCallers implements AutoCloseable {
  private static final String ADDRESS = "127.0.0.9";
  private static final int STREAMS = 20;
  private static final int NAMES = 2000;
  private static final int CALLS = 5000;
  private static final int SOCKETS = 40;
  private static final int GARBAGE_BYTES = 32 << 10;

  private final int port;
  private final ManagedChannel channel;
  private final List<Socket> sockets = new ArrayList<>();

  /**
   * Connects when something is begun.
   *
   * @param port of the replica
   */
  public HostileCallers(int port) {
    this.port = port;
    channel = Channels.open(ADDRESS, port);
  }

  /** Streams that subscribe to what there is and to many names, and never read. */
  public void neverRead() {
    for (int i = 0; i < STREAMS; i++) {
      ClientCall<DiscoveryRequest, DiscoveryResponse> call =
          channel.newCall(DiscoveryServiceGrpc.getStreamResourcesMethod(), CallOptions.DEFAULT);
      // Without a request for messages none is taken from the connection.
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      call.sendMessage(first("slow-" + i, NAMES / STREAMS));
    }
  }

  /** One that does what the number says: names that nobody knows, a flood of calls, garbage. */
  public void attack(int which) {
    switch (which % 3) {
      case 0 -> askForNamesThatNobodyKnows();
      case 1 -> floodWithCalls();
      default -> sendGarbage(which);
    }
  }

  private void askForNamesThatNobodyKnows() {
    for (int i = 0; i < STREAMS / 4; i++) {
      StreamObserver<DiscoveryRequest> stream =
          DiscoveryServiceGrpc.newStub(channel).streamResources(new Ignored<DiscoveryResponse>());
      stream.onNext(first("greedy-" + i, NAMES));
    }
  }

  private void floodWithCalls() {
    for (int i = 0; i < CALLS; i++) {
      RegistryServiceGrpc.newStub(channel)
          .listInstances(
              ListInstancesRequest.getDefaultInstance(), new Ignored<ListInstancesResponse>());
    }
  }

  private void sendGarbage(int seed) {
    byte[] garbage = new byte[GARBAGE_BYTES];
    new Random(seed).nextBytes(garbage);
    for (int i = 0; i < SOCKETS; i++) {
      try {
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(ADDRESS), 0);
        sockets.add(socket);
        socket.getOutputStream().write(garbage);
      } catch (IOException e) {
        // Refused, or reset when it was seen through: as it should be.
      }
    }
  }

  private static DiscoveryRequest first(String id, int names) {
    var request =
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId(id).setNamespace("default").setService("hostile"));
    for (String name : List.of("frontend", "callee")) {
      request.addSubscribe(virtualHost(name));
    }
    for (int i = 0; i < names; i++) {
      request.addSubscribe(virtualHost("nobody-knows-" + i + "-of-" + id));
    }
    return request.build();
  }

  private static ResourceName virtualHost(String authority) {
    return ResourceName.newBuilder()
        .setKind(ResourceKind.VIRTUAL_HOST)
        .setName("default/" + authority)
        .build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  private static final class Ignored<T> implements StreamObserver<T> {
    @Override
    public void onNext(T message) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
