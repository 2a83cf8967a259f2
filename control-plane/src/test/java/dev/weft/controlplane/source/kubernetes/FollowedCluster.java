package dev.weft.controlplane.source.kubernetes;

import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RemovalMarks;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import dev.weft.testkit.cluster.Cluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One replica's source on a store, and what the store holds of one namespace. */
final class FollowedCluster implements AutoCloseable {
  final Store store;
  final Registry registry;
  final KubernetesSource source;
  private final KubernetesClient client;
  private final String namespace;

  FollowedCluster(Store store, String replica, Cluster cluster) {
    this(store, replica, cluster, cluster.kubeconfig());
  }

  /**
   * @param kubeconfig as whom it follows the cluster
   */
  FollowedCluster(Store store, String replica, Cluster cluster, Path kubeconfig) {
    this.store = new RemovalMarks(store);
    this.namespace = cluster.namespace();
    registry = new Registry(this.store, PolicyReader.DOCUMENTS);
    registry.start().join();
    client = KubernetesAccess.open(kubeconfig);
    source = KubernetesSource.start(this.store, registry, replica, client);
  }

  FollowedCluster awaitLead() {
    await().atMost(KubernetesSourceTest.PATIENCE).until(() -> source.term() != null);
    return this;
  }

  /** The names of the stored Services of the namespace. */
  Set<String> services() {
    Set<String> names = new TreeSet<>();
    String prefix = Keyspace.policy(Keyspace.KUBERNETES, "Service", namespace, "");
    for (Entry entry : store.range(prefix).join().entries()) {
      names.add(entry.key().substring(prefix.length()));
    }
    return names;
  }

  Optional<Policy> document(String kind, String name) {
    String key = Keyspace.policy(Keyspace.KUBERNETES, kind, namespace, name);
    return store.range(key).join().entries().stream()
        .filter(entry -> entry.key().equals(key))
        .findFirst()
        .map(
            entry -> {
              try {
                return Policy.parseFrom(entry.value());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  /** All stored endpoints of a Service of the namespace. */
  List<ServiceEndpoint> endpoints(String service) {
    List<ServiceEndpoint> endpoints = new ArrayList<>();
    String prefix = Keyspace.endpoints(Keyspace.KUBERNETES, namespace, service, "");
    for (Entry entry : store.range(prefix).join().entries()) {
      try {
        endpoints.addAll(ServiceEndpoints.parseFrom(entry.value()).getEndpointsList());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return endpoints;
  }

  /**
   * Ends without saying so, as far as one can within a process: the store has to be closed first.
   */
  void die() {
    store.close();
    close();
  }

  @Override
  public void close() {
    source.close();
    registry.close();
    client.close();
  }
}
