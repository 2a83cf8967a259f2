package dev.weft.cli;

import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.cluster.PodName;
import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.output.Output;
import dev.weft.cli.output.Table;
import dev.weft.proto.discovery.v1.AppConfig;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.ConfigEntry;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeConfig;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what the control plane gave to one sidecar. */
@Command(
    name = "config",
    mixinStandardHelpOptions = true,
    description = "Show what a sidecar was given: virtual hosts, clusters, endpoints.")
final class ConfigCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Parameters(
      index = "0",
      paramLabel = "NODE",
      description = "Its id, as proxy-status shows it; in Kubernetes its pod, also POD.NAMESPACE.")
  private String nodeId = "";

  @Option(
      names = {"-n", "--namespace"},
      description = "Its namespace; default: what stands after the dot, else any.")
  private @Nullable String namespace;

  @Option(
      names = "--live",
      description = "In Kubernetes: as the sidecar itself has it in force, from its admin port.")
  private boolean live;

  @Mixin private Output output = new Output();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (live) {
      try (MeshCluster cluster = connection.kubeconfig().cluster()) {
        out.println(cluster.sidecar(PodName.parse(nodeId, namespace)).page("/config"));
      }
      out.flush();
      return 0;
    }
    NodeConfig config = connection.call(this::fetch);
    output.print(config, out, () -> printTable(config, out));
    return 0;
  }

  private NodeConfig fetch(ManagedChannel channel) {
    boolean qualified = namespace != null || nodeId.indexOf('.') > 0;
    PodName name = PodName.parse(nodeId, namespace);
    try {
      NodeConfig config = fetch(channel, name, qualified);
      if (!qualified || config.getNode().getNamespace().equals(name.namespace())) {
        return config;
      }
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
    throw new CommandFailed(
        "no sidecar '"
            + name.pod()
            + "'"
            + (qualified ? " of namespace '" + name.namespace() + "'" : "")
            + " is connected to "
            + connection.address()
            + "\n  'weft proxy-status' lists those that are.");
  }

  private NodeConfig fetch(ManagedChannel channel, PodName name, boolean qualified) {
    try {
      return fetch(channel, name.pod());
    } catch (StatusRuntimeException e) {
      if (qualified && e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
        // Several namespaces have one of that name.
        return fetch(channel, name.namespace() + "/" + name.pod());
      }
      throw e;
    }
  }

  private NodeConfig fetch(ManagedChannel channel, String id) {
    return MeshServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS)
        .getNodeConfig(GetNodeConfigRequest.newBuilder().setNodeId(id).build());
  }

  private static void printTable(NodeConfig config, PrintWriter out) {
    Table table = new Table("KIND", "NAME", "VERSION", "CONTENT");
    for (Resource resource : config.getResourcesList()) {
      String version = resource.getVersion();
      table.row(
          resource.getName().getKind(),
          resource.getName().getName(),
          version.substring(0, Math.min(12, version.length())),
          switch (resource.getBodyCase()) {
            case VIRTUAL_HOST -> describe(resource.getVirtualHost());
            case CLUSTER -> describe(resource.getCluster());
            case ENDPOINT_SLICE ->
                resource.getEndpointSlice().getEndpointsList().stream()
                    .map(ConfigCommand::describe)
                    .collect(Collectors.joining(" "));
            case LOCALITY -> describe(resource.getLocality());
            case INBOUND -> "max requests " + resource.getInbound().getMaxRequests();
            case APP_CONFIG -> describe(resource.getAppConfig());
            case BODY_NOT_SET -> "";
          });
    }
    table.print(out);
    out.println(
        config.getResourcesCount()
            + " resources of "
            + config.getNode().getId()
            + " at revision "
            + config.getRevision());
  }

  private static String describe(AppConfig config) {
    return config.getEntriesList().stream()
        .map(ConfigEntry::getKey)
        .distinct()
        .collect(Collectors.joining(" "));
  }

  private static String describe(VirtualHost host) {
    if (host.getNotFound()) {
      return "not found"
          + (host.getNearMissesCount() == 0
              ? ""
              : ", near: " + String.join(",", host.getNearMissesList()));
    }
    if (host.hasDns()) {
      return String.join(" ", host.getDns().getAddressesList());
    }
    return host.getRoutesList().stream()
        .map(ConfigCommand::describe)
        .collect(Collectors.joining("; "));
  }

  private static String describe(Route route) {
    return route.getName()
        + " -> "
        + route.getBackendsList().stream()
            .map(backend -> backend.getCluster() + "=" + backend.getWeight())
            .collect(Collectors.joining(" "));
  }

  private static String describe(Cluster cluster) {
    return balancer(cluster)
        + ", "
        + (cluster.hasSlowStart() ? "slow start, " : "")
        + (cluster.hasLocality() ? "by locality, " : "")
        + cluster.getEndpointSlicesCount()
        + (cluster.getEndpointSlicesCount() == 1 ? " slice" : " slices");
  }

  private static String balancer(Cluster cluster) {
    if (cluster.getByClientAddress()) {
      return "CLIENT_ADDRESS";
    }
    return (cluster.getBalancer() == LoadBalancer.LOAD_BALANCER_UNSPECIFIED
            ? cluster.getLoadBalancer()
            : cluster.getBalancer())
        .name();
  }

  private static String describe(Locality locality) {
    return "region "
        + (locality.getRegion().isEmpty() ? "unknown" : locality.getRegion())
        + ", zone "
        + (locality.getZone().isEmpty() ? "unknown" : locality.getZone())
        + (locality.getSubZone().isEmpty() ? "" : ", sub-zone " + locality.getSubZone());
  }

  private static String describe(Endpoint endpoint) {
    return endpoint.getId() + "=" + endpoint.getAddress() + ":" + endpoint.getPort();
  }
}
