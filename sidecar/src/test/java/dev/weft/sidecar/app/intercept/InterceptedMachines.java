package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.sidecar.FakeControlPlane;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Interception as a user has it: two machines, {@code a} and {@code b}, with an application, a
 * sidecar and the rules of {@code weft-sidecar intercept} each, and a third, {@code o}, without;
 * called by programs that know nothing of a mesh. Everything goes with the close.
 */
final class InterceptedMachines implements AutoCloseable {
  static final int A = 2;
  static final int B = 3;
  static final int O = 4;
  static final int SERVICE = 100;
  static final int OWN_SERVICE = 101;
  static final int TCP_SERVICE = 102;
  private static final String PROBES =
      """
      {"app/live": {"httpGet": {"path": "/status/418", "port": 8080,
                    "httpHeaders": [{"name": "X-Probe", "value": "p"}]}},
       "app/moved": {"httpGet": {"path": "moved", "port": 8080}},
       "app/ready": {"tcpSocket": {"port": 2525}},
       "app/gone": {"tcpSocket": {"port": 1}},
       "app/grpc": {"grpc": {"port": 8080}, "timeoutSeconds": 2}}
      """;

  private final Namespaces net;
  private final RulesBy program;
  private final FakeControlPlane controlPlane;
  private final List<Path> sidecarLogs = new ArrayList<>();

  private InterceptedMachines(Namespaces net, RulesBy program) {
    this.net = net;
    this.program = program;
    controlPlane = new FakeControlPlane(InetAddress.ofLiteral(net.ipv4(1)));
    controlPlane.answersUnknownHosts = true;
  }

  /** Starts everything; the test is left out, with the reason, where it cannot be had. */
  static InterceptedMachines start(Path logs, RulesBy program) {
    assumeThat(Namespaces.impossible()).isEmpty();
    var machines = new InterceptedMachines(new Namespaces(logs), program);
    try {
      machines.setUp();
    } catch (RuntimeException | Error e) {
      machines.stop();
      throw e;
    }
    return machines;
  }

  private void setUp() {
    net.add("a", A);
    net.add("b", B);
    net.add("o", O);
    assumeThat(program.impossible(net, "o")).isEmpty();
    List<Path> up = List.of(app("a"), app("b"), app("o"));
    putServices();
    podsSidecar("a", A);
    podsSidecar("b", B);
    for (String each : List.of("a", "b")) {
      intercept(each);
    }
    up.forEach(
        log ->
            await().atMost(30, TimeUnit.SECONDS).until(() -> Namespaces.text(log).contains("up")));
    awaitReady(A);
    awaitReady(B);
  }

  private Path app(String machine) {
    return net.java(
        machine,
        false,
        Namespaces.APP,
        List.of(
            machine,
            "http=8080@0.0.0.0",
            "http=8086@::",
            "http=7070@127.0.0.1",
            "https=8443@0.0.0.0",
            "first=2525@0.0.0.0",
            "first=2526@0.0.0.0",
            "echo=7@0.0.0.0",
            "udp=7@0.0.0.0"));
  }

  private void putServices() {
    controlPlane.put(
        inbound("a-0"),
        inbound("b-0"),
        host(net.ipv4(SERVICE) + ":80", "catalog"),
        host("[" + net.ipv6(SERVICE) + "]:80", "catalog6"),
        host(net.ipv4(OWN_SERVICE) + ":80", "own"),
        host(net.ipv4(TCP_SERVICE) + ":25", "mail"),
        host(net.ipv4(SERVICE) + ":443", "secure"),
        cluster("secure", Protocol.PROTOCOL_UNSPECIFIED),
        slice("secure", net.ipv4(B), 8443),
        cluster("catalog", Protocol.HTTP1),
        cluster("catalog6", Protocol.PROTOCOL_UNSPECIFIED),
        cluster("own", Protocol.PROTOCOL_UNSPECIFIED),
        cluster("mail", Protocol.TCP),
        slice("catalog", net.ipv4(B), 8080),
        slice("catalog6", net.ipv6(B), 8086),
        slice("own", net.ipv4(A), 8080),
        slice("mail", net.ipv4(B), 2525));
  }

  private void podsSidecar(String machine, int number) {
    sidecar(
        machine,
        number,
        "--register=off",
        "--pod=" + machine + "-0",
        "--config-port=15010",
        "--app-probes=" + PROBES);
  }

  /** Starts a sidecar with those flags besides the ones that each has. */
  void sidecar(String machine, int number, String... more) {
    var flags =
        new ArrayList<>(
            List.of(
                "--intercept=on",
                "--pod-address=" + net.ipv4(number),
                "--probe-port=15021",
                "--control-plane=" + controlPlane.address()));
    flags.addAll(List.of(more));
    sidecarLogs.add(net.java(machine, true, Namespaces.SIDECAR, flags));
  }

  /** Puts the rules in force there, by the program that this is about. */
  void intercept(String machine, String... flags) {
    program.intercept(net, machine, flags);
  }

  void awaitReady(int number) {
    await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertThat(calls().curl("o", probePort(number, "/ready")))
                    .as(() -> sidecarLogs.stream().map(Namespaces::text).toList().toString())
                    .contains("\"ready\": true"));
  }

  Namespaces net() {
    return net;
  }

  FakeControlPlane controlPlane() {
    return controlPlane;
  }

  Callers calls() {
    return new Callers(net);
  }

  String probePort(int number, String path) {
    return "http://" + net.ipv4(number) + ":15021" + path;
  }

  double metric(int number, String series) {
    return calls()
        .curl("o", probePort(number, "/metrics"))
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .sum();
  }

  /** Ends everything; the sidecars must have leaked nothing and logged no error. */
  @Override
  public void close() {
    stop();
    assertThat(sidecarLogs)
        .allSatisfy(log -> assertThat(Namespaces.text(log)).doesNotContain("LEAK", "ERROR"));
  }

  private void stop() {
    net.close();
    controlPlane.close();
  }

  private static Resource inbound(String pod) {
    return Resource.newBuilder()
        .setName(name(ResourceKind.INBOUND, "default/pods/" + pod))
        .setVersion("v1")
        .setInbound(
            Inbound.newBuilder()
                .addPorts(InboundPort.newBuilder().setPort(8080).setProtocol(Protocol.HTTP1))
                .addPorts(InboundPort.newBuilder().setPort(2525).setProtocol(Protocol.TCP)))
        .build();
  }

  private static Resource cluster(String service, Protocol protocol) {
    String name = service + ".default:80";
    return Resource.newBuilder()
        .setName(name(ResourceKind.CLUSTER, name))
        .setVersion("v1")
        .setCluster(
            Cluster.newBuilder()
                .setService(service)
                .setNamespace("default")
                .setPort(80)
                .setLoadBalancer(LoadBalancer.ROUND_ROBIN)
                .setProtocol(protocol)
                .addEndpointSlices(name + "/0"))
        .build();
  }

  private static Resource slice(String service, String address, int port) {
    return Resource.newBuilder()
        .setName(name(ResourceKind.ENDPOINT_SLICE, service + ".default:80/0"))
        .setVersion("v1")
        .setEndpointSlice(
            EndpointSlice.newBuilder()
                .addEndpoints(
                    Endpoint.newBuilder()
                        .setId(service + "-0")
                        .setIncarnation("i1")
                        .setAddress(address)
                        .setPort(port)
                        .setWeight(100)
                        .setPeer(PeerKind.SIDECAR)
                        .addProtocols(Protocol.HTTP1)
                        .addProtocols(Protocol.HTTP2)))
        .build();
  }
}
