package dev.weft.controlplane.app;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A sidecar of an instance of catalog that keeps what it is sent as bytes, by kind and name, and
 * acknowledges everything. Its callbacks run on a thread of gRPC.
 */
final class ReplicaSubscriber extends ClientCall.Listener<byte[]> implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final List<String> HOSTS =
      List.of(
          "default/catalog",
          "default/catalog.default:80",
          "default/basket",
          "default/db",
          "default/queue",
          "default/nobody",
          "default/dns/catalog.default.svc.cluster.local");

  /** Responses as they are on the wire: parsed and encoded again they may be others. */
  private static final MethodDescriptor<DiscoveryRequest, byte[]> AS_BYTES =
      DiscoveryServiceGrpc.getStreamResourcesMethod().toBuilder(
              DiscoveryServiceGrpc.getStreamResourcesMethod().getRequestMarshaller(),
              new MethodDescriptor.Marshaller<byte[]>() {
                @Override
                public InputStream stream(byte[] value) {
                  return new ByteArrayInputStream(value);
                }

                @Override
                public byte[] parse(InputStream stream) {
                  try {
                    return stream.readAllBytes();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
              })
          .build();

  private final TestClient client;
  private final ClientCall<DiscoveryRequest, byte[]> call;
  private final String id;
  private final Map<String, String> resources = new ConcurrentSkipListMap<>();
  private volatile String storeId = "";

  ReplicaSubscriber(TestClient client, String id) {
    this(client, id, DiscoveryRequest.newBuilder());
  }

  /** One that brings along all that another was sent, as a sidecar does when it moves. */
  ReplicaSubscriber(TestClient client, String id, ReplicaSubscriber before) {
    this(client, id, before.held());
  }

  private ReplicaSubscriber(TestClient client, String id, DiscoveryRequest.Builder first) {
    this.client = client;
    this.id = id;
    call = client.channel().newCall(AS_BYTES, CallOptions.DEFAULT);
    call.start(this, new Metadata());
    call.request(1);
    first
        .setNode(Node.newBuilder().setId(id).setNamespace("default").setService("catalog"))
        // Which is a demand, whether there is a version in it or not.
        .setAppConfig(first.getAppConfig())
        .addSubscribe(name(ResourceKind.INBOUND, "default/catalog"));
    HOSTS.forEach(host -> first.addSubscribe(name(ResourceKind.VIRTUAL_HOST, host)));
    call.sendMessage(first.build());
  }

  private DiscoveryRequest.Builder held() {
    var request = DiscoveryRequest.newBuilder().setHeldStoreId(storeId);
    for (String bytes : resources.values()) {
      Resource resource = resource(bytes);
      if (resource.getName().getKind() == ResourceKind.APP_CONFIG) {
        request.getAppConfigBuilder().setHeldVersion(resource.getVersion());
      } else {
        request.addHeld(
            HeldResource.newBuilder()
                .setResource(resource.getName())
                .setVersion(resource.getVersion()));
      }
    }
    return request;
  }

  /** When it has been told of so many resources, or that it has them. */
  NodeStatus inSync(int count) {
    return await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes().stream()
                    .filter(node -> node.getNode().getId().equals(id))
                    .findFirst()
                    .orElse(NodeStatus.getDefaultInstance()),
            node ->
                node.getState().name().equals("SYNCED")
                    && node.getResourcesSent() + node.getResourcesResumed() >= count);
  }

  private static ResourceName name(ResourceKind kind, String name) {
    return ResourceName.newBuilder().setKind(kind).setName(name).build();
  }

  /** When everything is acknowledged. */
  Map<String, String> complete() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                resources.containsKey("VIRTUAL_HOST default/basket")
                    && resources.containsKey("APP_CONFIG default/catalog")
                    && nodes().stream().allMatch(node -> node.getState().name().equals("SYNCED")));
    return Map.copyOf(resources);
  }

  @Override
  public void onMessage(byte[] message) {
    try {
      CodedInputStream fields = CodedInputStream.newInstance(message);
      for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == DiscoveryResponse.RESOURCES_FIELD_NUMBER) {
          byte[] bytes = fields.readByteArray();
          ResourceName name = Resource.parseFrom(bytes).getName();
          resources.put(name.getKind() + " " + name.getName(), HexFormat.of().formatHex(bytes));
        } else {
          fields.skipField(tag);
        }
      }
      DiscoveryResponse response = DiscoveryResponse.parseFrom(message);
      storeId = response.getStoreId();
      call.sendMessage(DiscoveryRequest.newBuilder().setNonce(response.getNonce()).build());
      call.request(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    call.cancel("the test is done", null);
  }

  /** What it was sent so far, by kind and name. */
  Map<String, String> received() {
    return Map.copyOf(resources);
  }

  private List<NodeStatus> nodes() {
    return MeshServiceGrpc.newBlockingStub(client.channel())
        .listNodes(ListNodesRequest.getDefaultInstance())
        .getNodesList();
  }

  /** One that was kept. */
  static Resource resource(String bytes) {
    try {
      return Resource.parseFrom(HexFormat.of().parseHex(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException(e);
    }
  }
}
