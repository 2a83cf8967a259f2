package dev.weft.sidecar.app.intercept;

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
import dev.weft.proto.registry.v1.Instance;
import dev.weft.sidecar.FakeControlPlane;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Interception as a user has it: two machines, {@code a} and {@code b}, with an application, a
 * sidecar and the rules of {@code weft-sidecar intercept} each, and a third, {@code o}, without;
 * called by programs that know nothing of a mesh.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamespaceTest {
  private static final int A = 2;
  private static final int B = 3;
  private static final int O = 4;
  private static final int SERVICE = 100;
  private static final int OWN_SERVICE = 101;
  private static final int TCP_SERVICE = 102;
  private static final String SIDECAR = "dev.weft.sidecar.app.SidecarMain";
  private static final String APP = "dev.weft.sidecar.app.intercept.NamespaceApp";
  private static final String PROBES =
      """
      {"app/live": {"httpGet": {"path": "/status/418", "port": 8080,
                    "httpHeaders": [{"name": "X-Probe", "value": "p"}]}},
       "app/moved": {"httpGet": {"path": "moved", "port": 8080}},
       "app/ready": {"tcpSocket": {"port": 2525}},
       "app/gone": {"tcpSocket": {"port": 1}},
       "app/grpc": {"grpc": {"port": 8080}, "timeoutSeconds": 2}}
      """;

  private @Nullable Namespaces net;
  private @Nullable FakeControlPlane controlPlane;
  private final List<Path> sidecarLogs = new ArrayList<>();

  @TempDir static @Nullable Path logs;

  @BeforeAll
  void setUp() throws Exception {
    assumeThat(Namespaces.impossible()).isEmpty();
    Namespaces made = new Namespaces(Objects.requireNonNull(logs));
    net = made;
    var plane = new FakeControlPlane(InetAddress.ofLiteral(made.ipv4(1)));
    controlPlane = plane;
    plane.answersUnknownHosts = true;
    made.add("a", A);
    made.add("b", B);
    made.add("o", O);
    var up = new ArrayList<Path>();
    for (String each : List.of("a", "b", "o")) {
      up.add(
          made.java(
              each,
              false,
              APP,
              List.of(
                  each,
                  "http=8080@0.0.0.0",
                  "http=8086@::",
                  "http=7070@127.0.0.1",
                  "https=8443@0.0.0.0",
                  "first=2525@0.0.0.0",
                  "first=2526@0.0.0.0",
                  "echo=7@0.0.0.0",
                  "udp=7@0.0.0.0")));
    }
    plane.put(
        inbound("a-0"),
        inbound("b-0"),
        host(made.ipv4(SERVICE) + ":80", "catalog"),
        host("[" + made.ipv6(SERVICE) + "]:80", "catalog6"),
        host(made.ipv4(OWN_SERVICE) + ":80", "own"),
        host(made.ipv4(TCP_SERVICE) + ":25", "mail"),
        host(made.ipv4(SERVICE) + ":443", "secure"),
        cluster("secure", Protocol.PROTOCOL_UNSPECIFIED),
        slice("secure", made.ipv4(B), 8443),
        cluster("catalog", Protocol.HTTP1),
        cluster("catalog6", Protocol.PROTOCOL_UNSPECIFIED),
        cluster("own", Protocol.PROTOCOL_UNSPECIFIED),
        cluster("mail", Protocol.TCP),
        slice("catalog", made.ipv4(B), 8080),
        slice("catalog6", made.ipv6(B), 8086),
        slice("own", made.ipv4(A), 8080),
        slice("mail", made.ipv4(B), 2525));
    Path logOfA = sidecar("a", A);
    Path logOfB = sidecar("b", B);
    sidecarLogs.addAll(List.of(logOfA, logOfB));
    for (String each : List.of("a", "b")) {
      intercept(each);
    }
    up.forEach(log -> await().atMost(30, TimeUnit.SECONDS).until(() -> text(log).contains("up")));
    for (int number : new int[] {A, B}) {
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(curl("o", probePort(number, "/ready")))
                      .as(() -> text(number == A ? logOfA : logOfB))
                      .contains("\"ready\": true"));
    }
  }

  @AfterAll
  void tearDown() {
    if (net != null) {
      net.close();
    }
    if (controlPlane != null) {
      controlPlane.close();
    }
    for (Path log : sidecarLogs) {
      assertThat(text(log)).doesNotContain("LEAK", "ERROR");
    }
  }

  @Test
  void aServiceIsCalledByItsAddressWhateverHostSays() {
    String answer =
        curl("a", "http://" + net().ipv4(SERVICE) + "/hello", "-H", "Host: nobody.example");

    // The last hop is b's own sidecar, on the address that it was called by.
    assertThat(answer)
        .startsWith("b /hello from " + net().ipv4(B) + " host=nobody.example via=1.1 weft")
        .contains("proto=http", "hop=null");
  }

  @Test
  void soItIsOverIpv6() {
    assertThat(curl("a", "http://[" + net().ipv6(SERVICE) + "]/six"))
        .startsWith("b /six")
        .contains("via=1.1 weft");
  }

  @Test
  void httpTwoAndTlsAreFoundOut() {
    assertThat(curl("a", "http://" + net().ipv4(SERVICE) + "/two", "--http2-prior-knowledge"))
        .startsWith("b /two")
        .contains("via=2.0 weft");
    assertThat(curl("a", "https://" + net().ipv4(SERVICE) + "/tls", "-k")).startsWith("b /tls");
    assertThat(curl("a", "https://" + net().ipv4(O) + ":8443/tls", "-k")).startsWith("o /tls");
  }

  /** The connection stays, and so does what it was routed by. */
  @Test
  void aServiceThatIsForgottenIsPassedOnOnTheSameConnection() throws Exception {
    FakeControlPlane plane = Objects.requireNonNull(controlPlane);
    String service = net().ipv4(O) + ":8086";
    plane.put(host(service, "catalog"));
    String script =
        """
        import http.client,sys
        c=http.client.HTTPConnection(sys.argv[1],8086,timeout=20)
        for line in sys.stdin:
          c.request('GET',line.strip())
          print(c.getresponse().read().decode().split(' from')[0],flush=True)
        """;
    Process caller = net().start("a", "python3", "-c", script, net().ipv4(O));
    try (var in = caller.outputWriter();
        var out = caller.inputReader()) {
      in.write("/mesh\n");
      in.flush();
      assertThat(out.readLine()).isEqualTo("b /mesh");
      plane.put(FakeControlPlane.unknownHost(service).toBuilder().setVersion("v2").build());
      await()
          .until(
              () -> {
                in.write("/on\n");
                in.flush();
                return out.readLine().equals("o /on");
              });
    } finally {
      caller.destroyForcibly();
    }
  }

  @Test
  void aDeclaredTcpServiceSpeaksFirst() {
    assertThat(say("a", net().ipv4(TCP_SERVICE), 25, "hello")).isEqualTo("220 b\nhello");
  }

  @Test
  void whatTheMeshDoesNotKnowPassesUnchanged() {
    String direct = curl("a", "http://" + net().ipv4(O) + ":8080/direct");
    assertThat(direct)
        .startsWith("o /direct from " + net().ipv4(A))
        .contains("via=null", "proto=null");
    assertThat(say("a", net().ipv4(O), 2525, "quit")).isEqualTo("220 o\nquit");
    // A ClientHello's first bytes, and nonsense: nobody looks.
    assertThat(say("a", net().ipv4(O), 7, "\\x16\\x03\\x01\\x00\\x05GET / HTTP"))
        .isEqualTo("\u0016\u0003\u0001\u0000\u0005GET / HTTP");
    assertThat(metric(A, "weft_passthrough_cx_total{direction=\"outbound\"}")).isPositive();
  }

  @Test
  void udpIsNotTouched() {
    String script =
        "import socket,sys;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(15)\n"
            + "s.sendto(b'ping',(sys.argv[1],7));print(s.recv(9).decode())";

    assertThat(net().in("a", "python3", "-c", script, net().ipv4(O))).isEqualTo("ping");
  }

  @Test
  void aCallerWithoutAMeshReachesTheApplicationByItsPort() {
    assertThat(curl("o", "http://" + net().ipv4(B) + ":8080/in"))
        .startsWith("b /in from " + net().ipv4(B))
        .contains("proto=http");
    assertThat(curl("o", "http://[" + net().ipv6(B) + "]:8086/in6")).startsWith("b /in6");
    assertThat(say("o", net().ipv4(B), 2526, "")).isEqualTo("220 b");
    assertThat(say("o", net().ipv4(B), 7, "\\x01\\x02abc")).isEqualTo("\u0001\u0002abc");
  }

  @Test
  void anEndpointsAddressThatIsUnknownIsPassedOnToItsSidecar() {
    assertThat(say("a", net().ipv4(B), 2526, "x")).isEqualTo("220 b\nx");
    assertThat(curl("a", "http://" + net().ipv4(B) + ":8080/pod")).startsWith("b /pod");
  }

  @Test
  void anApplicationCallsItselfByItsService() {
    assertThat(curl("a", "http://" + net().ipv4(OWN_SERVICE) + "/self"))
        .startsWith("a /self")
        .contains("via=1.1 weft", "hop=null");
    assertThat(curl("a", "http://127.0.0.1:8080/lo")).contains("via=null");
    assertThat(curl("a", "http://" + net().ipv4(A) + ":8080/own")).contains("via=null");
  }

  @Test
  void whoeverCallsTheListenersThemselvesIsRefused() {
    assertThat(status("a", "http://127.0.0.1:15001/")).isEqualTo("000");
    assertThat(status("a", "http://" + net().ipv4(A) + ":15006/")).isEqualTo("000");
    assertThat(status("o", "http://" + net().ipv4(A) + ":15001/")).isEqualTo("000");
    assertThat(status("o", "http://" + net().ipv4(A) + ":15006/")).isEqualTo("000");
    assertThat(metric(A, "weft_downstream_cx_not_redirected_total{direction=\"inbound\"}"))
        .isPositive();
    assertThat(metric(A, "weft_downstream_cx_not_redirected_total{direction=\"outbound\"}"))
        .isPositive();
  }

  @Test
  void theConfigurationOfTheApplicationIsAskedForOnLoopbackAndByNobodyElse() {
    // Nothing of it was received here, which nobody else says in these words.
    assertThat(curl("a", "http://127.0.0.1:15010/config"))
        .contains("\"status\":503")
        .contains("no configuration");
    assertThat(status("a", "http://" + net().ipv4(A) + ":15010/config")).isEqualTo("000");
    assertThat(status("o", "http://" + net().ipv4(A) + ":15010/config")).isEqualTo("000");
    assertThat(curl("b", "http://" + net().ipv4(A) + ":15010/config"))
        .doesNotContain("configuration");
  }

  @Test
  void anApplicationOnLoopbackOnlyIsNotReachedFromOutside() {
    assertThat(curl("b", "http://127.0.0.1:7070/lo")).startsWith("b /lo");
    assertThat(status("o", "http://" + net().ipv4(B) + ":7070/")).isEqualTo("503");
    assertThat(say("o", net().ipv4(B), 7070, "\\x01")).isEmpty();
  }

  @Test
  void withoutAControlPlaneUnknownDestinationsAreReachedAllTheSame() {
    curl("a", "http://" + net().ipv4(SERVICE) + "/before");
    FakeControlPlane plane = Objects.requireNonNull(controlPlane);
    plane.kill();
    try {
      assertThat(curl("a", "http://" + net().ipv4(O) + ":8086/away")).startsWith("o /away");
      assertThat(say("a", net().ipv4(O), 2526, "")).isEqualTo("220 o");
      assertThat(curl("a", "http://" + net().ipv4(SERVICE) + "/known")).startsWith("b /known");
    } finally {
      plane.start();
    }
  }

  @Test
  void theProbePortCarriesOutTheApplicationsProbes() {
    assertThat(status("o", probePort(B, "/live"))).isEqualTo("200");
    assertThat(status("o", probePort(B, "/app/app/live"))).isEqualTo("418");
    assertThat(status("o", probePort(B, "/app/app/moved"))).isEqualTo("418");
    assertThat(status("o", probePort(B, "/app/app/ready"))).isEqualTo("200");
    assertThat(status("o", probePort(B, "/app/app/gone"))).isEqualTo("503");
    assertThat(status("o", probePort(B, "/app/app/grpc"))).isEqualTo("503");
    assertThat(status("o", probePort(B, "/app/none"))).isEqualTo("404");
    assertThat(status("o", probePort(B, "/config"))).isEqualTo("404");
  }

  @Test
  void exclusionsHoldAndTheRulesAreReplacedAndTakenAwayAlone() {
    Namespaces all = net();
    all.add("c", 5);
    all.tryIn("c", "table inet other { chain x { } }\n", "nft", "-f", "-");
    String before = all.in("c", "nft", "list", "ruleset");
    intercept("c", "--exclude-outbound-ports=8080", "--exclude-uids=0");
    String once = all.in("c", "nft", "list", "ruleset");
    intercept("c", "--exclude-outbound-ports=8080", "--exclude-uids=0");

    assertThat(all.in("c", "nft", "list", "ruleset")).isEqualTo(once).contains("skuid 0");
    assertThat(curl("c", "http://" + all.ipv4(O) + ":8080/ex")).startsWith("o /ex");
    intercept("c", "--exclude-outbound-cidrs=" + all.ipv4(O) + "/32");
    assertThat(curl("c", "http://" + all.ipv4(O) + ":8080/ex")).startsWith("o /ex");
    intercept("c");
    // Nobody listens where the rules lead.
    assertThat(status("c", "http://" + all.ipv4(O) + ":8080/")).isEqualTo("000");
    intercept("c", "--undo");
    intercept("c", "--undo");
    assertThat(all.in("c", "nft", "list", "ruleset")).isEqualTo(before);
  }

  @Test
  void withoutKubernetesTheApplicationIsRegisteredWithItsOwnPort() {
    Namespaces all = net();
    FakeControlPlane plane = Objects.requireNonNull(controlPlane);
    all.add("e", 7);
    Path app = all.java("e", false, APP, List.of("e", "http=8085@0.0.0.0"));
    await().atMost(30, TimeUnit.SECONDS).until(() -> text(app).contains("up"));
    plane.put(FakeControlPlane.inbound("files"), host("catalog:8081", "catalog"));
    Path log =
        all.java(
            "e",
            true,
            SIDECAR,
            List.of(
                "--intercept=on",
                "--pod-address=" + all.ipv4(7),
                "--node-id=files-0",
                "--service=files",
                "--app-port=8085",
                "--tcp-listen=8081=catalog",
                "--probe-port=15021",
                "--control-plane=" + plane.address()));
    intercept("e");

    await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertThat(curl("o", probePort(7, "/ready")))
                    .as(() -> text(log))
                    .contains("\"ready\": true"));
    Instance instance = plane.registered.getFirst().getInstance();
    assertThat(instance.getAddress()).isEqualTo(all.ipv4(7));
    assertThat(instance.getPorts(0).getPort()).isEqualTo(8085);
    assertThat(curl("o", "http://" + all.ipv4(7) + ":8085/in"))
        .startsWith("e /in")
        .contains("proto=http");
    assertThat(curl("e", "http://127.0.0.1:8081/named")).startsWith("b /named");
    // Nobody else is offered what our application calls.
    assertThat(status("o", "http://" + all.ipv4(7) + ":8081/")).isEqualTo("503");
  }

  @Test
  void aSidecarThatWouldBeInterceptedItselfDoesNotStart() {
    var command = new ArrayList<>(Namespaces.command(SIDECAR));
    command.addAll(
        List.of("--intercept=on", "--register=off", "--pod=x", "--pod-address=10.0.0.9"));

    assertThat(net().tryIn("o", "", command.toArray(String[]::new)))
        .satisfies(
            result -> {
              assertThat(result.status()).isEqualTo(2);
              assertThat(result.output()).contains("runs as user 0 and group 0", "setpriv");
            });
  }

  @Test
  void iptablesDoTheSame() {
    Namespaces all = net();
    all.add("d", 6);
    assumeThat(all.tryIn("d", "", "iptables", "-t", "nat", "-S").ok()).isTrue();
    all.in(
        "d", "iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "--dport", "1", "-j", "ACCEPT");
    String before = all.in("d", "iptables", "-t", "nat", "-S");
    intercept("d", "--backend=iptables");
    String once = all.in("d", "iptables", "-t", "nat", "-S");
    intercept("d", "--backend=iptables");

    assertThat(all.in("d", "iptables", "-t", "nat", "-S")).isEqualTo(once);
    assertThat(all.in("d", "ip6tables", "-t", "nat", "-S")).contains("--to-ports 15006");
    assertThat(status("d", "http://" + all.ipv4(O) + ":8080/")).isEqualTo("000");
    intercept("d", "--backend=iptables", "--undo");
    intercept("d", "--backend=iptables", "--undo");
    assertThat(all.in("d", "iptables", "-t", "nat", "-S")).isEqualTo(before);
    assertThat(curl("d", "http://" + all.ipv4(O) + ":8080/back")).startsWith("o /back");
  }

  @Test
  void whereThereIsNoNftIptablesAreTaken() {
    Namespaces all = net();
    all.add("f", 8);
    assumeThat(all.tryIn("f", "", "iptables", "-t", "nat", "-S").ok()).isTrue();
    String hidden =
        "mount --bind /dev/null \"$(readlink -f \"$(command -v nft)\")\" && exec \"$@\"";
    var command = new ArrayList<>(List.of("sh", "-c", hidden, "sh"));
    command.addAll(Namespaces.command(SIDECAR));
    command.add("intercept");

    all.in("f", command.toArray(String[]::new));

    assertThat(all.in("f", "iptables", "-t", "nat", "-S")).contains("--to-ports 15001");
    assertThat(all.in("f", "nft", "list", "tables")).doesNotContain("inet weft");
  }

  private Path sidecar(String machine, int number) {
    FakeControlPlane plane = Objects.requireNonNull(controlPlane);
    return net()
        .java(
            machine,
            true,
            SIDECAR,
            List.of(
                "--intercept=on",
                "--register=off",
                "--pod=" + machine + "-0",
                "--pod-address=" + net().ipv4(number),
                "--probe-port=15021",
                "--config-port=15010",
                "--app-probes=" + PROBES,
                "--control-plane=" + plane.address()));
  }

  private void intercept(String machine, String... flags) {
    var command = new ArrayList<>(Namespaces.command(SIDECAR));
    command.add("intercept");
    command.addAll(List.of(flags));
    net().in(machine, command.toArray(String[]::new));
  }

  private String curl(String from, String url, String... more) {
    var command = new ArrayList<>(List.of("curl", "-sS", "-g", "-m", "20", url));
    command.addAll(List.of(more));
    return net().tryIn(from, "", command.toArray(String[]::new)).output();
  }

  private String status(String from, String url) {
    return net()
        .tryIn(
            from, "", "curl", "-s", "-g", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", url)
        .output();
  }

  /** What a server says to somebody who says that, ends, and waits for the end. */
  private String say(String from, String address, int port, String words) {
    String script =
        """
        import socket,sys
        s=socket.create_connection((sys.argv[1],int(sys.argv[2])),15)
        r=b''
        try:
          w=sys.argv[3].encode().decode('unicode_escape').encode('latin-1')
          if sys.argv[4]=='first': r=s.recv(9)
          s.sendall(w)
          s.shutdown(1)
          while True:
            d=s.recv(99)
            if not d: break
            r+=d
        except OSError: pass
        sys.stdout.buffer.write(r)
        """;
    String waits = port == 2525 || port == 2526 || port == 25 ? "first" : "no";
    return net()
        .tryIn(from, "", "python3", "-c", script, address, Integer.toString(port), words, waits)
        .output();
  }

  private String probePort(int number, String path) {
    return "http://" + net().ipv4(number) + ":15021" + path;
  }

  private double metric(int number, String series) {
    return curl("o", probePort(number, "/metrics"))
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .sum();
  }

  private Namespaces net() {
    return Objects.requireNonNull(net);
  }

  private static String text(Path log) {
    return Namespaces.text(log);
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

  private static Resource host(String authority, String service) {
    return FakeControlPlane.host(authority, service);
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
