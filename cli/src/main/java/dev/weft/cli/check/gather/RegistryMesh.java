package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.rule.NodesCheck;
import dev.weft.cli.check.rule.RegistryCheck;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.ListServicesResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceBlockingStub;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Checks a control plane without Kubernetes, as far as it can be asked. Blocks. */
public final class RegistryMesh {
  private RegistryMesh() {}

  /**
   * Looks at everything.
   *
   * @param address of the control plane, for people
   * @param namespace empty: every one
   */
  public static void check(
      ManagedChannel channel, String address, String namespace, int timeoutSeconds, Findings to) {
    ListServicesResponse services =
        registry(channel, timeoutSeconds)
            .listServices(ListServicesRequest.newBuilder().setNamespace(namespace).build());
    new RegistryCheck(
            address,
            services.getWarningsList(),
            services.getServicesList(),
            registry(channel, timeoutSeconds)
                .listInstances(ListInstancesRequest.newBuilder().setNamespace(namespace).build())
                .getInstancesList(),
            invalid(channel, namespace, timeoutSeconds))
        .run(to);
    ConnectedNodes nodes = ConnectedNodes.of(channel);
    new NodesCheck(
            nodes.nodes().stream()
                .filter(
                    node -> namespace.isEmpty() || node.getNode().getNamespace().equals(namespace))
                .toList(),
            nodes.late(),
            nodes.troubles())
        .run(to);
  }

  /** What the rules of today say of what was applied, perhaps by rules of yesterday. */
  private static List<PolicyError> invalid(
      ManagedChannel channel, String namespace, int timeoutSeconds) {
    var request = ApplyRequest.newBuilder();
    for (Policy policy :
        policies(channel, timeoutSeconds)
            .list(ListRequest.newBuilder().setNamespace(namespace).build())
            .getPoliciesList()) {
      if (!policy.getSource().equals("kubernetes")) {
        request.addManifests(Manifest.newBuilder().setName("-").setContent(policy.getJson()));
      }
    }
    return request.getManifestsCount() == 0
        ? List.of()
        : policies(channel, timeoutSeconds).validate(request.build()).getErrorsList();
  }

  private static RegistryServiceBlockingStub registry(ManagedChannel channel, int seconds) {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(seconds, TimeUnit.SECONDS);
  }

  private static PolicyServiceBlockingStub policies(ManagedChannel channel, int seconds) {
    return PolicyServiceGrpc.newBlockingStub(channel).withDeadlineAfter(seconds, TimeUnit.SECONDS);
  }
}
