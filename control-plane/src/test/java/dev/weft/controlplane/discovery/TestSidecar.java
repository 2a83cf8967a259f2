package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.AppConfigDemand;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A client that speaks the stream, and answers when told (or at once). */
final class TestSidecar {
  private final String id;
  private final ClientCall<DiscoveryRequest, DiscoveryResponse> call;
  private final List<DiscoveryResponse> responses = new CopyOnWriteArrayList<>();
  private final Map<ResourceKey, Resource> inForce = new ConcurrentHashMap<>();
  private volatile String storeId = "";
  private volatile @Nullable Status ended;
  private volatile boolean answersAtOnce;
  private volatile boolean accepted;

  private TestSidecar(String id, Channel channel, boolean reads) {
    this.id = id;
    this.call =
        channel.newCall(DiscoveryServiceGrpc.getStreamResourcesMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata headers) {
            accepted = true;
          }

          @Override
          public void onMessage(DiscoveryResponse response) {
            responses.add(response);
            call.request(1);
            if (answersAtOnce) {
              ack(response);
            }
          }

          @Override
          public void onReady() {
            wake();
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended = status;
            wake();
          }
        },
        new Metadata());
    if (reads) {
      call.request(1);
    }
  }

  static TestSidecar connect(Channel channel, String id, ResourceKey... roots) {
    return connect(channel, id, Map.of(), "", roots);
  }

  /** Takes along what an earlier one had in force. */
  TestSidecar reconnect(Channel channel, ResourceKey... roots) {
    return connect(channel, id, inForce, storeId, roots);
  }

  /** The same, with what another store has called so. */
  TestSidecar reconnectFromOtherStore(Channel channel, ResourceKey... roots) {
    return connect(channel, id, inForce, "another-store", roots);
  }

  private static TestSidecar connect(
      Channel channel,
      String id,
      Map<ResourceKey, Resource> held,
      String storeId,
      ResourceKey... roots) {
    var sidecar = new TestSidecar(id, channel, true);
    sidecar.inForce.putAll(held);
    sidecar.storeId = storeId;
    var request = first(id, roots).setHeldStoreId(storeId);
    held.forEach(
        (key, resource) ->
            request.addHeld(
                HeldResource.newBuilder()
                    .setResource(key.toMessage())
                    .setVersion(resource.getVersion())));
    sidecar.call.sendMessage(request.build());
    return sidecar;
  }

  /** One whose application gets its configuration from it. */
  static TestSidecar connectForConfig(Channel channel, Node node, ResourceKey... roots) {
    var sidecar = new TestSidecar(node.getId(), channel, true);
    sidecar.call.sendMessage(
        first(node.getId(), roots)
            .setNode(node)
            .setAppConfig(AppConfigDemand.getDefaultInstance())
            .build());
    return sidecar;
  }

  /** The same again, with what it had in force. */
  TestSidecar reconnectForConfig(Channel channel, Node node) {
    var sidecar = new TestSidecar(node.getId(), channel, true);
    sidecar.inForce.putAll(inForce);
    String version =
        inForce.values().stream()
            .filter(one -> one.getName().getKind() == ResourceKind.APP_CONFIG)
            .findFirst()
            .map(Resource::getVersion)
            .orElse("");
    sidecar.call.sendMessage(
        first(node.getId())
            .setNode(node)
            .setHeldStoreId(storeId)
            .setAppConfig(AppConfigDemand.newBuilder().setHeldVersion(version))
            .build());
    return sidecar;
  }

  /** One whose transport fills up. */
  static TestSidecar connectWithoutReading(Channel channel, String id, ResourceKey... roots) {
    var sidecar = new TestSidecar(id, channel, false);
    sidecar.call.sendMessage(first(id, roots).build());
    return sidecar;
  }

  /** One that opens a stream and says nothing. */
  static TestSidecar connectSilently(Channel channel) {
    return new TestSidecar("", channel, true);
  }

  private static DiscoveryRequest.Builder first(String id, ResourceKey... roots) {
    var request =
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId(id).setNamespace("default").setService("frontend"));
    List.of(roots).forEach(root -> request.addSubscribe(root.toMessage()));
    return request;
  }

  TestSidecar answeringAtOnce() {
    answersAtOnce = true;
    return this;
  }

  void read(int count) {
    call.request(count);
  }

  /** From any thread. */
  synchronized void send(DiscoveryRequest request) {
    call.sendMessage(request);
  }

  void subscribe(ResourceKey... roots) {
    var request = DiscoveryRequest.newBuilder();
    List.of(roots).forEach(root -> request.addSubscribe(root.toMessage()));
    send(request.build());
  }

  void unsubscribe(ResourceKey... roots) {
    var request = DiscoveryRequest.newBuilder();
    List.of(roots).forEach(root -> request.addUnsubscribe(root.toMessage()));
    send(request.build());
  }

  /** Brings the newest response into force and says so. */
  void ack() {
    ack(responses.getLast());
  }

  private void ack(DiscoveryResponse response) {
    for (Resource resource : response.getResourcesList()) {
      inForce.put(ResourceKey.of(resource.getName()), resource);
    }
    response.getRemovedList().forEach(name -> inForce.remove(ResourceKey.of(name)));
    storeId = response.getStoreId();
    send(DiscoveryRequest.newBuilder().setNonce(response.getNonce()).build());
  }

  /** Refuses the newest response because of one resource; of the whole when it is null. */
  void nack(@Nullable ResourceKey culprit) {
    var rejection = Rejection.newBuilder().setFieldPath("routes[0]").setMessage("not for me");
    if (culprit != null) {
      rejection.setResource(culprit.toMessage());
    }
    send(
        DiscoveryRequest.newBuilder()
            .setNonce(responses.getLast().getNonce())
            .setRejection(rejection)
            .build());
  }

  List<DiscoveryResponse> responses() {
    return responses;
  }

  DiscoveryResponse last() {
    return responses.getLast();
  }

  /** What the newest response brought, in its order. */
  List<ResourceKey> brought() {
    return last().getResourcesList().stream()
        .map(resource -> ResourceKey.of(resource.getName()))
        .toList();
  }

  List<ResourceKey> removed() {
    return last().getRemovedList().stream().map(ResourceKey::of).toList();
  }

  Map<ResourceKey, Resource> inForce() {
    return inForce;
  }

  /** Whether the control plane has taken the stream. */
  boolean accepted() {
    return accepted;
  }

  /** Null while the stream is open. */
  @Nullable Status ended() {
    return ended;
  }

  /** Waits until the transport takes more: who sends then sends as fast as the other side reads. */
  synchronized void awaitTurn() throws InterruptedException {
    while (!call.isReady() && ended == null) {
      wait();
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  void hangUp() {
    call.cancel("the test hangs up", null);
  }
}
