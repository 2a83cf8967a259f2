package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.mesh.v1.NodeStatus.SyncState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The oldest messages that are supported, as bytes that are never made anew (docs/guides,
 * version-skew): what an older sidecar says is acted on, and what an older control plane sent is
 * understood, with and without fields that are not known here.
 */
class OldestMessagesTest extends EngineFixture {
  private static final Path BYTES =
      Path.of("src/test/resources/dev/weft/controlplane/discovery/v0.1");

  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final long MS = 1_000_000;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void an_older_sidecar_subscribes_acknowledges_and_refuses(boolean withMore) throws Exception {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
    TestSidecar sidecar = TestSidecar.connectSilently(channel);

    sidecar.send(request("first", withMore));
    loop.run();

    assertThat(sidecar.brought())
        .as("what it holds in an old version comes anew, and what it needs comes first")
        .containsSubsequence(
            new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1"),
            ResourceKey.cluster("default", "catalog", 80),
            CATALOG)
        .contains(new ResourceKey(ResourceKind.INBOUND, "default/frontend"));
    assertThat(node("frontend-0").getNode().getVersion()).isEqualTo("0.1.0");

    sidecar.send(answering(request("ack", withMore), sidecar));
    settle();
    assertThat(node("frontend-0").getState()).isEqualTo(SyncState.SYNCED);

    sidecar.send(request("more", withMore));
    settle();
    assertThat(sidecar.brought()).contains(ResourceKey.virtualHost("default", "basket"));

    sidecar.send(answering(request("ack", withMore), sidecar));
    mesh.route(mesh.routeTo("move", "catalog", "basket"));
    publish();
    sidecar.send(answering(request("refusal", withMore), sidecar));
    settle();
    assertThat(node("frontend-0").getState()).isEqualTo(SyncState.REJECTED);
    assertThat(node("frontend-0").getLastRejection().getMessage()).isEqualTo("not for me");
    assertThat(sidecar.ended()).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void what_an_older_control_plane_sent_means_what_it_meant(boolean withMore) throws Exception {
    DiscoveryResponse response = DiscoveryResponse.parseFrom(bytes("response"));
    if (withMore) {
      response = (DiscoveryResponse) withUnknownFields(response);
    }

    assertThat(response.getNonce()).isEqualTo("7");
    assertThat(response.getRevision()).isEqualTo(42);
    assertThat(response.getStoreId()).isEqualTo("store-1");
    assertThat(response.getRemoved(0).getName()).isEqualTo("basket.default:80");
    List<Resource> all = response.getResourcesList();
    endpoints(WireDecoder.endpoints(all.get(0)));
    cluster(WireDecoder.cluster(all.get(1)));
    routes(WireDecoder.virtualHost(all.get(2)));
    VirtualHostConfig unknown = WireDecoder.virtualHost(all.get(3));
    assertThat(unknown.found()).isFalse();
    assertThat(unknown.nearMisses()).containsExactly("catalog");
    InboundConfig inbound = WireDecoder.inbound(all.get(4));
    assertThat(inbound.name()).isEqualTo("default/frontend");
    assertThat(inbound.requestTimeoutNanos()).isEqualTo(1000 * MS);
    assertThat(inbound.maxRequests()).isEqualTo(64);
    assertThat(inbound.protocol(80)).isEqualTo(WireProtocol.HTTP2);
  }

  @Test
  void a_kind_that_is_not_known_is_refused_by_itself() throws Exception {
    Resource.Builder newer =
        DiscoveryResponse.parseFrom(bytes("response")).getResources(1).toBuilder();
    newer.getNameBuilder().setKindValue(4711);

    WireException refused =
        catchThrowableOfType(WireException.class, () -> WireDecoder.decode(newer.build()));

    assertThat(refused).hasMessageContaining("one of the known kinds");
  }

  private static void endpoints(List<EndpointConfig> endpoints) {
    EndpointConfig first = endpoints.getFirst();
    assertThat(first.id()).isEqualTo("catalog-v1-0");
    assertThat(first.address()).isEqualTo("10.0.0.7");
    assertThat(first.port()).isEqualTo(8080);
    assertThat(first.weight()).isEqualTo(100);
    assertThat(first.locality().zone()).isEqualTo("eu-1");
    assertThat(first.sidecar()).isTrue();
    assertThat(first.protocols()).isEqualTo(Set.of(WireProtocol.HTTP1, WireProtocol.HTTP2));
    assertThat(first.labels()).containsEntry("version", "v1");
    assertThat(endpoints.get(1).address()).isEqualTo("fd00::7");
    assertThat(endpoints.get(1).sidecar()).isFalse();
  }

  private static void cluster(ClusterConfig cluster) {
    assertThat(cluster.name()).isEqualTo("catalog-v1.default:80");
    assertThat(cluster.port()).isEqualTo(80);
    assertThat(cluster.loadBalancer()).isEqualTo(LoadBalancerType.ROUND_ROBIN);
    assertThat(cluster.outlierDetection().consecutiveFailures()).isEqualTo(7);
    assertThat(cluster.healthCheck()).isNotNull();
    assertThat(cluster.limits().maxConnections()).isEqualTo(100);
    assertThat(cluster.limits().connectTimeoutNanos()).isEqualTo(250 * MS);
    assertThat(cluster.endpointSlices()).containsExactly("catalog-v1.default:80/1");
    assertThat(cluster.protocol()).isEqualTo(WireProtocol.HTTP2);
    assertThat(cluster.tls()).isNotNull();
    assertThat(cluster.proxyProtocol()).isEqualTo(ClusterConfig.ProxyProtocol.V2);
    assertThat(cluster.tcpIdleTimeoutNanos()).isZero();
  }

  private static void routes(VirtualHostConfig host) {
    assertThat(host.name()).isEqualTo("default/catalog");
    assertThat(host.clusterNames())
        .containsExactly("catalog-v1.default:80", "catalog-v2.default:80");
    RouteConfig first = host.routes().getFirst();
    assertThat(first.match().path()).isEqualTo("/items");
    assertThat(first.match().method()).isEqualTo("GET");
    assertThat(first.backends()).hasSize(3);
    assertThat(first.backends().get(1).weight()).isEqualTo(10);
    assertThat(first.backends().get(2).dangling()).isTrue();
    assertThat(first.requestTimeoutNanos()).isEqualTo(500 * MS);
    assertThat(first.perTryTimeoutNanos()).isEqualTo(200 * MS);
    assertThat(first.streamIdleTimeoutNanos()).isEqualTo(60_000 * MS);
    assertThat(first.retry().attempts()).isEqualTo(3);
    assertThat(first.retry().on()).hasSize(5);
    assertThat(first.filters().cors()).isNotNull();
    RouteConfig second = host.routes().get(1);
    assertThat(second.streamIdleTimeoutNanos()).isEqualTo(RouteConfig.DEFAULT_IDLE);
    assertThat(second.filters().cors()).isNull();
  }

  private static DiscoveryRequest request(String name, boolean withMore) throws IOException {
    DiscoveryRequest request = DiscoveryRequest.parseFrom(bytes(name));
    return withMore ? (DiscoveryRequest) withUnknownFields(request) : request;
  }

  private static DiscoveryRequest answering(DiscoveryRequest request, TestSidecar sidecar) {
    return request.toBuilder().setNonce(sidecar.last().getNonce()).build();
  }

  /** With a field that nobody knows, in this message and in every one within. */
  private static Message withUnknownFields(Message message) {
    Message.Builder builder = message.toBuilder();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (value instanceof Message inner && !field.isRepeated()) {
                builder.setField(field, withUnknownFields(inner));
              } else if (value instanceof List<?> list && !field.isMapField()) {
                for (int i = 0; i < list.size(); i++) {
                  if (list.get(i) instanceof Message inner) {
                    builder.setRepeatedField(field, i, withUnknownFields(inner));
                  }
                }
              }
            });
    UnknownFieldSet.Field newer =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFromUtf8("new"))
            .build();
    return builder
        .setUnknownFields(UnknownFieldSet.newBuilder().addField(4711, newer).build())
        .build();
  }

  private static byte[] bytes(String name) throws IOException {
    return Base64.getMimeDecoder().decode(Files.readString(BYTES.resolve(name + ".b64")));
  }
}
