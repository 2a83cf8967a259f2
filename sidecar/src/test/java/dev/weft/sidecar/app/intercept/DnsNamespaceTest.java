package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.FakeControlPlane.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.DnsName;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.sidecar.FakeControlPlane;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * DNS as programs have it that know nothing of a mesh: the C library, busybox and plain sockets, on
 * a machine {@code a} with a sidecar, the rules and three name servers in its {@code resolv.conf}:
 * one where nobody listens, and the two families of {@code r}, which knows nothing of the mesh. On
 * {@code v} there is a resolver on loopback, which asks {@code r}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DnsNamespaceTest {
  private static final int A = 2;
  private static final int R = 3;
  private static final int EMPTY = 4;
  private static final int V = 5;
  private static final String OUTSIDE = "192.0.2.1";

  /**
   * Asks a name server for addresses of names, so many times, each time from another socket, and
   * says what different answers there were.
   */
  private static final String ASK =
      """
      import socket,struct,sys
      where,names,times=sys.argv[1],sys.argv[2].split(','),int(sys.argv[3])
      family=socket.AF_INET6 if ':' in where else socket.AF_INET
      answers=set()
      for i in range(times):
        name=names[i%len(names)]
        labels=b''.join(bytes([len(l)])+l.encode() for l in name.split('.'))+b'\\0'
        s=socket.socket(family,socket.SOCK_DGRAM)
        s.settimeout(10)
        s.connect((where,53))
        s.send(struct.pack('>6H',i,256,1,0,0,0)+labels+struct.pack('>2H',1,1))
        r=s.recv(9999)
        s.close()
        assert r[:2]==struct.pack('>H',i)
        count=struct.unpack('>H',r[6:8])[0]
        answers.add('code %d answers %d %s'%(r[3]&15,count,socket.inet_ntoa(r[-4:]) if count else ''))
      print(*sorted(answers),sep=', ')
      """;

  /** A resolver of the machine's own, as distributions have one on loopback: it asks another. */
  private static final String FORWARD =
      """
      import socket,sys
      s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
      s.bind(('127.0.0.53',53))
      while True:
        query,asker=s.recvfrom(9999)
        u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
        u.settimeout(5)
        u.connect((sys.argv[1],53))
        u.send(query)
        try: s.sendto(u.recv(9999),asker)
        except OSError: pass
        u.close()
      """;

  private @Nullable Namespaces net;
  private @Nullable FakeControlPlane controlPlane;
  private final List<Path> sidecars = new ArrayList<>();
  private @Nullable Process resolver;

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
    made.add("r", R);
    made.add("e", EMPTY);
    // The kernel tells each asker only so often that nobody listens, and is silent after that.
    made.in("e", "sysctl", "-q", "net.ipv4.icmp_ratelimit=0");
    made.add("v", V);
    made.resolvConf("v", "nameserver 127.0.0.53\n");
    resolver = made.start("v", "python3", "-c", FORWARD, made.ipv4(R));
    made.resolvConf(
        "a",
        """
        search shop.svc.cluster.local svc.cluster.local cluster.local
        options ndots:5
        nameserver %s
        nameserver %s
        nameserver %s
        """
            .formatted(made.ipv4(EMPTY), made.ipv4(R), made.ipv6(R)));
    plane.put(
        FakeControlPlane.inbound("pods/a-0"),
        FakeControlPlane.inbound("pods/v-0"),
        known("catalog.shop", false, "10.96.0.7"),
        known("both.shop", false, "10.96.0.8", "fd00::8"),
        known(
            "many.shop",
            true,
            IntStream.range(1, 101).mapToObj(i -> "10.244.0." + i).toArray(String[]::new)));
    var up = new ArrayList<Path>();
    for (String address : List.of(made.ipv4(R), made.ipv6(R))) {
      up.add(made.java("r", false, "dev.weft.sidecar.dns.NameServer", List.of(address, "53")));
    }
    start("a", A);
    start("v", V);
    up.forEach(
        each -> await().atMost(120, TimeUnit.SECONDS).until(() -> text(each).contains("up")));
    awaitReady(A);
    awaitReady(V);
    awaitKnown("a", "catalog", "both", "many");
    awaitKnown("v", "catalog");
  }

  /** On a loaded machine the control plane may be later than DNS waits for it. */
  private void awaitKnown(String machine, String... services) {
    for (String each : services) {
      await()
          .atMost(120, TimeUnit.SECONDS)
          .until(() -> tryIn(machine, "getent", "ahosts", each + ".shop.svc.cluster.local").ok());
    }
  }

  private void start(String machine, int number) {
    sidecars.add(
        net()
            .java(
                machine,
                true,
                Namespaces.SIDECAR,
                List.of(
                    "--intercept=on",
                    "--register=off",
                    "--pod=" + machine + "-0",
                    "--pod-address=" + net().ipv4(number),
                    "--probe-port=15021",
                    "--dns=on",
                    "--control-plane=" + Objects.requireNonNull(controlPlane).address())));
    intercept(machine);
  }

  private void awaitReady(int number) {
    String ready = "http://" + net().ipv4(number) + ":15021/ready";
    await()
        .atMost(120, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertThat(tryIn("e", "curl", "-s", ready).output())
                    .as(() -> sidecars.stream().map(DnsNamespaceTest::text).toList().toString())
                    .contains("\"ready\": true"));
  }

  @AfterAll
  void tearDown() {
    if (resolver != null) {
      resolver.destroyForcibly();
    }
    if (net != null) {
      net.close();
    }
    if (controlPlane != null) {
      controlPlane.close();
    }
    assertThat(sidecars).allSatisfy(log -> assertThat(text(log)).doesNotContain("LEAK", "ERROR"));
  }

  @Test
  void theSearchListFindsNamesOfTheMesh() {
    assertThat(getent("ahosts", "catalog")).containsExactly("10.96.0.7");
    assertThat(getent("ahosts", "catalog.shop.svc")).containsExactly("10.96.0.7");
    assertThat(getent("ahosts", "both.shop")).containsExactlyInAnyOrder("10.96.0.8", "fd00::8");
    assertThat(getent("ahostsv6", "both")).containsExactly("fd00::8");
  }

  /** The first name server is not there: what says so at once is not waited for. */
  @Test
  void whatTheMeshDoesNotKnowTheNextNameServerSays() {
    assertThat(getent("ahosts", "www.example")).containsExactly(OUTSIDE);
    assertThat(tryIn("a", "getent", "ahosts", "nowhere.example").status()).isEqualTo(2);
    assertThat(ask(net().ipv4(EMPTY), "www.example", 1)).startsWith("code 2");
    assertThat(ask(net().ipv4(R), "nowhere.example", 1)).startsWith("code 3");
  }

  @Test
  void eachNameServerIsTheOneThatWasAskedAlsoOverIpv6() {
    for (String each : List.of(net().ipv4(EMPTY), net().ipv4(R), net().ipv6(R))) {
      assertThat(ask(each, "catalog.shop.svc.cluster.local", 1))
          .isEqualTo("code 0 answers 1 10.96.0.7");
    }
    assertThat(ask(net().ipv6(R), "www.example", 1)).endsWith(OUTSIDE);
  }

  @Test
  void whatIsTooLongForUdpComesByTcp() {
    assertThat(getent("ahostsv4", "big.example")).hasSize(40);
    assertThat(getent("ahostsv4", "many")).hasSize(100);
  }

  @Test
  void otherClientsToo() {
    assumeThat(tryIn("a", "busybox", "nslookup", "--help").status()).isNotEqualTo(127);
    assertThat(tryIn("a", "busybox", "nslookup", "catalog.shop.svc.cluster.local").output())
        .contains("10.96.0.7");
    assertThat(tryIn("a", "busybox", "nslookup", "www.example", net().ipv4(R)).output())
        .contains(OUTSIDE);
  }

  /** The kernel remembers ports that applications had; the sidecar's queries come from some. */
  @Test
  void aPortThatAnApplicationHadIsTheSidecarsWithoutHarm() {
    String before = net().in("a", "cat", "/proc/sys/net/ipv4/ip_local_port_range");
    ports("41000 41019");
    try {
      assertThat(ask(net().ipv4(R), "www.example,catalog.shop.svc.cluster.local", 300))
          .isEqualTo("code 0 answers 1 10.96.0.7, code 0 answers 1 " + OUTSIDE);
    } finally {
      ports(before);
    }
  }

  @Test
  void withoutAControlPlaneEverythingIsAsBefore() {
    getent("ahosts", "catalog");
    FakeControlPlane plane = Objects.requireNonNull(controlPlane);
    plane.kill();
    try {
      assertThat(getent("ahosts", "www.example")).containsExactly(OUTSIDE);
      assertThat(getent("ahosts", "catalog")).containsExactly("10.96.0.7");
      assertThat(tryIn("a", "getent", "ahosts", "never.shop").status()).isEqualTo(2);
    } finally {
      plane.start();
    }
  }

  /** What the resolver asks is not for the sidecar, or it would ask itself for ever. */
  @Test
  void aResolverOnLoopbackGoesOnToTheOneThatItAsks() {
    assertThat(tryIn("v", "getent", "ahostsv4", "catalog.shop.svc.cluster.local").output())
        .startsWith("10.96.0.7");
    assertThat(tryIn("v", "getent", "ahostsv4", "www.example").output()).startsWith(OUTSIDE);
    assertThat(tryIn("v", "getent", "ahostsv4", "nowhere.example").status()).isEqualTo(2);
  }

  @Test
  void runAgainTheRulesAreTheSame() {
    String once = net().in("a", "nft", "list", "ruleset");
    intercept("a");
    assertThat(net().in("a", "nft", "list", "ruleset")).isEqualTo(once).contains("ct zone set");
  }

  private void intercept(String machine) {
    var command = new ArrayList<>(Namespaces.command(Namespaces.SIDECAR));
    command.addAll(List.of("intercept", "--dns=on"));
    assertThat(net().in(machine, command.toArray(String[]::new)))
        .contains("DNS through port 15053");
  }

  /** Different addresses, in their order. */
  private List<String> getent(String database, String what) {
    Tool.Result result = tryIn("a", "getent", database, what);
    assertThat(result.status()).as(result.output()).isZero();
    return result.output().lines().map(line -> line.split(" ")[0]).distinct().toList();
  }

  private String ask(String nameServer, String what, int times) {
    return tryIn("a", "python3", "-c", ASK, nameServer, what, Integer.toString(times)).output();
  }

  private void ports(String range) {
    net().in("a", "sh", "-c", "echo " + range + " > /proc/sys/net/ipv4/ip_local_port_range");
  }

  private Tool.Result tryIn(String machine, String... command) {
    return net().tryIn(machine, "", command);
  }

  private Namespaces net() {
    return Objects.requireNonNull(net);
  }

  private static String text(Path log) {
    return Namespaces.text(log);
  }

  private static Resource known(String service, boolean instances, String... addresses) {
    return Resource.newBuilder()
        .setName(name(ResourceKind.VIRTUAL_HOST, "default/dns/" + service + ".svc.cluster.local"))
        .setVersion("v1")
        .setVirtualHost(
            VirtualHost.newBuilder()
                .setDns(
                    DnsName.newBuilder()
                        .addAllAddresses(List.of(addresses))
                        .setInstances(instances)))
        .build();
  }
}
