package dev.weft.sidecar.grpc;

import static org.awaitility.Awaitility.await;

import dev.weft.common.config.CorsConfig;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.CorsPolicy;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.RetryPolicy;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.TestCa;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A caller's sidecar, and one in front of each application: calls to {@code echo} go out through
 * the first and in through one of the others. The applications are declared to speak HTTP/2.
 */
final class TwoSidecars implements AutoCloseable {
  static final String HOST = "echo";

  /** The same, under a name that gRPC's certificates for tests are made for. */
  static final String TLS_HOST = "echo.test.google.fr";

  private static final String CLUSTER = "echo.default:80";

  /**
   * What the sidecars are told besides.
   *
   * @param caller further options of the caller's sidecar
   * @param applications further options of those of the applications
   * @param cluster what the one cluster has besides
   */
  record Setup(List<String> caller, List<String> applications, Consumer<Cluster.Builder> cluster) {
    static final Setup BARE = new Setup(List.of(), List.of(), cluster -> {});

    /** Both sides of the hop show a certificate of that authority, which the other verifies. */
    static Setup mutualTls(TestCa authority, Path folder) {
      Path server = authority.issue("echo", "echo.mesh").write(folder, "hop-server");
      Path client = authority.issue("caller", "caller.mesh").write(folder, "hop-client");
      UpstreamTls tls =
          UpstreamTls.newBuilder()
              .setServerName("echo.mesh")
              .setCaCertificates(authority.certificatePem())
              .setClientCertificate(true)
              .setMinVersion(TlsVersion.TLS_1_3)
              .build();
      return new Setup(
          List.of("--client-cert=" + client, "--client-key=" + folder.resolve("hop-client.key")),
          List.of(
              "--tls-cert=" + server,
              "--tls-key=" + folder.resolve("hop-server.key"),
              "--tls-client-ca=" + authority.write(folder.resolve("hop-ca.crt"))),
          cluster -> cluster.setTls(tls));
    }
  }

  final Sidecar caller;
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final List<Sidecar> sidecars = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Path state;

  TwoSidecars(Path state, int... appPorts) throws IOException {
    this(state, route -> {}, appPorts);
  }

  /**
   * @param policies what the one route has besides its backend
   */
  TwoSidecars(Path state, Consumer<Route.Builder> policies, int... appPorts) throws IOException {
    this(state, policies, Setup.BARE, appPorts);
  }

  TwoSidecars(Path state, Consumer<Route.Builder> policies, Setup setup, int... appPorts)
      throws IOException {
    this.state = state;
    controlPlane.put(FakeControlPlane.inbound("echo"), FakeControlPlane.inbound("caller"));
    var slice = EndpointSlice.newBuilder();
    for (int port : appPorts) {
      var options = new ArrayList<>(List.of("--app-port=" + port, "--app-protocol=grpc"));
      options.addAll(setup.applications());
      Sidecar sidecar = start("echo", sidecars.size(), options);
      slice.addEndpoints(
          Endpoint.newBuilder()
              .setId("echo-" + port)
              .setIncarnation("i")
              .setAddress("127.0.0.1")
              .setPort(sidecar.inboundPort())
              .setWeight(100)
              .setPeer(PeerKind.SIDECAR)
              .addProtocols(Protocol.HTTP1)
              .addProtocols(Protocol.HTTP2));
    }
    var route =
        Route.newBuilder()
            .setName("echo")
            .setMatch(RouteMatch.newBuilder().setPathPrefix("/"))
            .addBackends(WeightedBackend.newBuilder().setCluster(CLUSTER).setWeight(1));
    policies.accept(route);
    var cluster =
        Cluster.newBuilder()
            .setService("echo")
            .setNamespace("default")
            .setPort(80)
            .setLoadBalancer(LoadBalancer.ROUND_ROBIN)
            .setProtocol(Protocol.HTTP2)
            .addEndpointSlices(CLUSTER + "/0");
    setup.cluster().accept(cluster);
    controlPlane.put(
        resource(ResourceKind.ENDPOINT_SLICE, CLUSTER + "/0").setEndpointSlice(slice).build(),
        resource(ResourceKind.CLUSTER, CLUSTER).setCluster(cluster).build(),
        host(HOST, route),
        host(TLS_HOST, route));
    caller = start("caller", 0, setup.caller());
  }

  static CorsPolicy cors(String origin) {
    return CorsPolicy.newBuilder()
        .addAllowOrigins(origin)
        .addAllowHeaders(CorsConfig.ANY)
        .addAllowMethods("POST")
        .setMaxAgeSeconds(CorsConfig.DEFAULT_MAX_AGE_SECONDS)
        .build();
  }

  static RetryPolicy retryOn(int grpcStatus) {
    return RetryPolicy.newBuilder()
        .setAttempts(2)
        .addGrpcStatuses(grpcStatus)
        .setBudgetPercent(100)
        .build();
  }

  /** A gRPC client of one connection. */
  ManagedChannel channel() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", caller.outboundPort())
            .overrideAuthority(HOST)
            .usePlaintext()
            .disableRetry()
            .build();
    channels.add(channel);
    return channel;
  }

  int outboundPort() {
    return caller.outboundPort();
  }

  /** The port on which the first application's sidecar is called. */
  int inboundPort() {
    return sidecars.getFirst().inboundPort();
  }

  private Sidecar start(String service, int number, List<String> more) throws IOException {
    var options =
        new ArrayList<>(
            List.of(
                "--node-id=" + service + "-" + number,
                "--service=" + service,
                "--control-plane=" + controlPlane.address(),
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--state-dir=" + state.resolve(service + number)));
    options.addAll(more);
    Sidecar sidecar = Sidecar.start(SidecarOptions.parse(options, Map.of()));
    sidecars.add(sidecar);
    return sidecar;
  }

  private static Resource host(String name, Route.Builder route) {
    return resource(ResourceKind.VIRTUAL_HOST, "default/" + name)
        .setVirtualHost(VirtualHost.newBuilder().addRoutes(route))
        .build();
  }

  private static Resource.Builder resource(ResourceKind kind, String name) {
    return Resource.newBuilder().setName(FakeControlPlane.name(kind, name)).setVersion("v1");
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    await()
        .until(
            () -> {
              for (ManagedChannel channel : channels) {
                if (!channel.awaitTermination(10, TimeUnit.SECONDS)) {
                  return false;
                }
              }
              return true;
            });
    sidecars.forEach(Sidecar::close);
    controlPlane.close();
  }
}
