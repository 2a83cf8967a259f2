package dev.weft.cli.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;

/**
 * What an installation in a cluster was told, as far as an upgrade has to keep it.
 *
 * @param image of the control plane
 * @param etcd whether its store is an etcd
 * @param injection the document of the ConfigMap {@code weft-injector}; empty: there is none
 */
public record Installation(String image, boolean etcd, String injection) {
  private static final String CONTROL_PLANE = "weft-control-plane";
  private static final String INJECTOR = "weft-injector";
  private static final String INJECTOR_KEY = "config.yaml";

  /**
   * What is installed in a cluster.
   *
   * @throws ClusterException when nothing is, or it may not be seen
   */
  public static Installation of(MeshCluster cluster) {
    try {
      return read(cluster.client(), cluster.system());
    } catch (KubernetesClientException e) {
      throw new ClusterException(
          "cannot see what is installed in namespace " + cluster.system() + ": " + e.getMessage(),
          e);
    }
  }

  private static Installation read(KubernetesClient client, String namespace) {
    Deployment deployment =
        client.apps().deployments().inNamespace(namespace).withName(CONTROL_PLANE).get();
    List<Container> containers =
        deployment == null
            ? List.of()
            : deployment.getSpec().getTemplate().getSpec().getContainers();
    if (containers.isEmpty()) {
      throw new ClusterException(
          "there is no Deployment "
              + CONTROL_PLANE
              + " in namespace "
              + namespace
              + ", so there is nothing to upgrade: weft install | kubectl apply -f -",
          null);
    }
    Container first = containers.getFirst();
    ConfigMap injector = client.configMaps().inNamespace(namespace).withName(INJECTOR).get();
    Map<String, String> data = injector == null ? null : injector.getData();
    return new Installation(
        first.getImage(),
        first.getArgs().contains("--store=etcd"),
        data == null ? "" : data.getOrDefault(INJECTOR_KEY, ""));
  }
}
