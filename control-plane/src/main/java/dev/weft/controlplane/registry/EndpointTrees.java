package dev.weft.controlplane.registry;

import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.Workload;
import java.util.ArrayList;
import java.util.List;

/**
 * The endpoints of Kubernetes' Services as one view has them. Immutable.
 *
 * @param byService namespace/service/id
 * @param byAddress address/namespace/service/id, the address canonical; of an endpoint with several
 *     addresses each
 * @param byPod namespace/id/service
 * @param nodes by name: where the machines stand
 */
record EndpointTrees(
    SortedTree<Workload> byService,
    SortedTree<Workload> byAddress,
    SortedTree<Workload> byPod,
    SortedTree<Locality> nodes) {
  static final EndpointTrees EMPTY =
      new EndpointTrees(
          SortedTree.empty(), SortedTree.empty(), SortedTree.empty(), SortedTree.empty());

  List<Workload> ofService(String namespace, String service) {
    return with(byService, namespace + '/' + service + '/');
  }

  List<Workload> at(String address) {
    return with(byAddress, address + '/');
  }

  List<Workload> ofPod(String namespace, String pod) {
    return with(byPod, namespace + '/' + pod + '/');
  }

  static String name(Workload endpoint) {
    return endpoint.namespace() + '/' + endpoint.service() + '/' + endpoint.id();
  }

  private static List<Workload> with(SortedTree<Workload> tree, String prefix) {
    List<Workload> found = new ArrayList<>();
    tree.forEachWithPrefix(prefix, found::add);
    return found;
  }
}
