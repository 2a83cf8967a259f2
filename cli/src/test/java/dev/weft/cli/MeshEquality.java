package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.app.Sidecar;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether the store, what every replica lists and what every sidecar would call are the same. For
 * one thread, while nobody writes.
 */
final class MeshEquality implements AutoCloseable {
  private final List<ManagedChannel> replicas;
  private final Map<String, Sidecar> sidecars;
  private final String called;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * @param sidecars by node id; all call one service
   * @param called that service
   */
  MeshEquality(List<ManagedChannel> replicas, Map<String, Sidecar> sidecars, String called) {
    this.replicas = List.copyOf(replicas);
    this.sidecars = Map.copyOf(sidecars);
    this.called = called;
  }

  /** Fails where it is not so, and says what differs. */
  void check(DocumentsUnderLoad documents, InstancesUnderLoad instances)
      throws IOException, InterruptedException {
    Map<String, String> storedDocuments = documents.stored().state();
    List<Instance> stored = instances.allStored();
    Set<String> synced = new TreeSet<>();
    for (ManagedChannel replica : replicas) {
      assertThat(withheld(replica)).isZero();
      assertThat(documents.listed(replica).state()).isEqualTo(storedDocuments);
      assertThat(
              InstancesUnderLoad.byId(InstancesUnderLoad.allListed(replica), MeshEquality::facts))
          .isEqualTo(InstancesUnderLoad.byId(stored, MeshEquality::facts));
      for (NodeStatus node : nodes(replica)) {
        assertThat(node.getState())
            .as(node.getNode().getId())
            .isEqualTo(NodeStatus.SyncState.SYNCED);
        synced.add(node.getNode().getId());
      }
    }
    assertThat(synced).isEqualTo(sidecars.keySet());
    assertThat(stored)
        .allSatisfy(each -> assertThat(each.getReadiness()).isEqualTo(Readiness.READY));
    assertThat(stored.stream().map(Instance::getId)).containsAll(sidecars.keySet());
    Map<String, String> endpoints =
        InstancesUnderLoad.byId(
            stored.stream().filter(each -> each.getService().equals(called)).toList(),
            MeshEquality::address);
    for (Map.Entry<String, Sidecar> each : sidecars.entrySet()) {
      assertThat(endpoints(each.getValue())).as(each.getKey()).isEqualTo(endpoints);
    }
  }

  /** How much a replica withholds. */
  static int withheld(ManagedChannel at) {
    return RegistryServiceGrpc.newBlockingStub(at)
        .recover(RecoverRequest.getDefaultInstance())
        .getWithheld();
  }

  private static String facts(Instance instance) {
    return instance.getService()
        + " "
        + instance.getIncarnation()
        + " "
        + instance.getReadiness()
        + " "
        + address(instance);
  }

  private static String address(Instance instance) {
    return instance.getAddress() + ":" + instance.getPorts(0).getPort();
  }

  private static List<NodeStatus> nodes(ManagedChannel at) {
    return MeshServiceGrpc.newBlockingStub(at)
        .listNodes(ListNodesRequest.getDefaultInstance())
        .getNodesList();
  }

  /** Every endpoint that a sidecar would call, whatever of. */
  private Map<String, String> endpoints(Sidecar sidecar) throws IOException, InterruptedException {
    String page =
        http.send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + sidecar.adminPort() + "/clusters"))
                    .build(),
                BodyHandlers.ofString())
            .body();
    Map<String, String> found = new TreeMap<>();
    for (JsonElement cluster :
        JsonParser.parseString(page).getAsJsonObject().getAsJsonArray("clusters")) {
      for (JsonElement endpoint : cluster.getAsJsonObject().getAsJsonArray("endpoints")) {
        found.put(
            endpoint.getAsJsonObject().get("id").getAsString(),
            endpoint.getAsJsonObject().get("address").getAsString());
      }
    }
    return found;
  }

  @Override
  public void close() {
    http.close();
  }
}
