package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.app.intercept.Callers.http;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is left alone, behind the rules of each program, and that its neighbour is not: a machine
 * {@code c} with the rules, where a program that is none of ours listens on the sidecar's ports and
 * says what it has caught, and a machine {@code o} without, which has the cloud's addresses, too.
 */
@ParameterizedClass(name = "rules by {0}")
@EnumSource(RulesBy.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExclusionsTest {
  private static final int C = 2;
  private static final int O = 3;

  /** An address that nobody has: who calls it is caught, or gets no answer. */
  private static final int NOBODY = 9;

  private static final String METADATA = "169.254.169.254";
  private static final String AWS_METADATA = "fd00:ec2::254";
  private static final String OWN_NETWORK = "fd99:0:0:1::/64";
  private static final String IN_OWN_NETWORK = "fd99:0:0:1::1";
  private static final String BESIDE_OWN_NETWORK = "fd99:0:0:2::1";

  /** Asks the kernel where each connection was going, by SO_ORIGINAL_DST of its family. */
  private static final String CATCHER =
      """
      import socket,struct,threading
      def serve(s,six,name):
        while True:
          c=s.accept()[0]
          c.recv(9999)
          raw=c.getsockopt(41 if six else 0,80,28 if six else 16)
          to=socket.inet_ntop(socket.AF_INET6,raw[8:24]) if six else socket.inet_ntoa(raw[4:8])
          said='%s caught %s %d'%(name,to,struct.unpack('>H',raw[2:4])[0])
          c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n'+said.encode())
          c.close()
      for name,port in ('outbound',15001),('inbound',15006):
        for six in False,True:
          s=socket.socket(socket.AF_INET6 if six else socket.AF_INET)
          if six: s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_V6ONLY,1)
          s.bind(('::' if six else '0.0.0.0',port))
          s.listen(16)
          threading.Thread(target=serve,args=(s,six,name)).start()
      print('up',flush=True)
      """;

  private @Nullable Namespaces net;
  private @Nullable Process catcher;

  @Parameter @Nullable RulesBy program;
  @TempDir static @Nullable Path logs;

  @BeforeParameterizedClassInvocation
  void start() throws IOException {
    assumeThat(Namespaces.impossible()).isEmpty();
    Namespaces made = new Namespaces(Objects.requireNonNull(logs));
    net = made;
    made.add("c", C);
    made.add("o", O);
    assumeThat(program().impossible(made, "o")).isEmpty();
    for (String address :
        List.of(METADATA + "/32", AWS_METADATA + "/128", IN_OWN_NETWORK + "/128")) {
      made.address("o", address);
      made.in("c", "ip", "route", "add", address, "dev", "eth0");
    }
    made.in("c", "ip", "route", "add", BESIDE_OWN_NETWORK, "dev", "eth0");
    made.address("o", "fe80::3/64");
    made.address("c", "fe80::2/64");
    Process started = made.start("c", "python3", "-c", CATCHER);
    catcher = started;
    BufferedReader said = started.inputReader();
    List<Path> up =
        List.of(
            app("c", "http=8080@0.0.0.0", "http=8086@::", "http=15021@::"),
            app("o", "http=8080@0.0.0.0", "http=8086@::", "http=80@::", "http=53@::"));
    assertThat(said.readLine()).isEqualTo("up");
    up.forEach(
        log ->
            await().atMost(30, TimeUnit.SECONDS).until(() -> Namespaces.text(log).contains("up")));
  }

  private Path app(String machine, String... servers) {
    return net()
        .java(
            machine,
            false,
            Namespaces.APP,
            Stream.concat(Stream.of(machine), Stream.of(servers)).toList());
  }

  @AfterParameterizedClassInvocation
  void stop() {
    if (catcher != null) {
      catcher.destroyForcibly();
      catcher = null;
    }
    if (net != null) {
      net.close();
      net = null;
    }
  }

  @Test
  void whatIsNotExcludedIsCaughtAndTheKernelKnowsWhereItWasGoing() {
    intercept();

    assertOutboundCaught(net().ipv4(O), 8080);
    assertOutboundCaught(net().ipv6(O), 8086);
    assertOutboundCaught(net().ipv4(NOBODY), 1);
    assertInboundCaught(net().ipv4(C), 8080);
    assertInboundCaught(net().ipv6(C), 8086);
  }

  @Test
  void aPortThatIsExcludedIsCalledAsWithoutASidecar() {
    intercept("--exclude-outbound-ports=22,8081-8090");

    assertReached(net().ipv4(O), 8086);
    assertReached(net().ipv6(O), 8086);
    assertOutboundCaught(net().ipv4(O), 8080);
    assertOutboundCaught(net().ipv6(O), 8080);
    // Who calls that port is another matter.
    assertInboundCaught(net().ipv4(C), 8086);
  }

  @Test
  void aNetworkThatIsExcludedIsCalledAsWithoutASidecar() {
    intercept("--exclude-outbound-cidrs=" + net().ipv4(O) + "/32," + OWN_NETWORK);

    assertReached(net().ipv4(O), 8080);
    assertReached(IN_OWN_NETWORK, 8086);
    assertOutboundCaught(net().ipv4(NOBODY), 8080);
    assertOutboundCaught(net().ipv6(O), 8086);
    assertOutboundCaught(BESIDE_OWN_NETWORK, 8086);
  }

  @Test
  void aUserWhoIsExcludedCallsAsWithoutASidecar() {
    intercept("--exclude-uids=1234,1300");

    for (String user : List.of("1234", "1300")) {
      assertThat(callAs("--reuid", user, http(net().ipv4(O), 8080))).startsWith("o /");
      assertThat(callAs("--reuid", user, http(net().ipv6(O), 8086))).startsWith("o /");
    }
    assertThat(callAs("--reuid", "1235", http(net().ipv4(O), 8080)))
        .isEqualTo("outbound caught " + net().ipv4(O) + " 8080");
    assertOutboundCaught(net().ipv4(O), 8080);
    // A group of that number is not that user.
    assertThat(callAs("--regid", "1234", http(net().ipv6(O), 8086)))
        .isEqualTo("outbound caught " + net().ipv6(O) + " 8086");
  }

  /** Or what it sends would come back to it. */
  @Test
  void whatTheSidecarsUserOrGroupSendsIsLeftAlone() {
    intercept();

    for (String flag : List.of("--reuid", "--regid")) {
      assertThat(callAs(flag, "1337", http(net().ipv4(O), 8080))).startsWith("o /");
      assertThat(callAs(flag, "1337", http(net().ipv6(O), 8086))).startsWith("o /");
    }
    assertOutboundCaught(net().ipv4(O), 8080);
  }

  @Test
  void anInboundPortThatIsExcludedIsCalledDirectly() {
    intercept("--exclude-inbound-ports=8086-8089");

    assertThat(call("o", http(net().ipv4(C), 8086))).startsWith("c /");
    assertThat(call("o", http(net().ipv6(C), 8086))).startsWith("c /");
    assertInboundCaught(net().ipv4(C), 8080);
    assertInboundCaught(net().ipv6(C), 8080);
    // What is called on that port is another matter.
    assertOutboundCaught(net().ipv4(O), 8086);
  }

  @Test
  void thePortsOfTheSidecarsOwnAreCalledDirectly() {
    intercept();

    assertThat(call("o", http(net().ipv4(C), 15021))).startsWith("c /");
    assertThat(call("o", http(net().ipv6(C), 15021))).startsWith("c /");
    assertInboundCaught(net().ipv4(C), 15100);
  }

  @Test
  void theCloudsMetadataAndLinkLocalAddressesAreNeverCaught() {
    intercept();

    assertReached(METADATA, 80);
    assertReached(AWS_METADATA, 80);
    assertThat(call("c", "http://[fe80::3%25eth0]:80/")).startsWith("o /");
    assertOutboundCaught(net().ipv4(O), 80);
    assertOutboundCaught(net().ipv6(O), 80);
  }

  @Test
  void nameServersAreAskedDirectlyOverTcp() {
    intercept();

    assertReached(net().ipv4(O), 53);
    assertReached(net().ipv6(O), 53);
  }

  @Test
  void loopbackAndOwnAddressesAreNeverCaught() {
    intercept();

    assertThat(call("c", http("127.0.0.1", 8080))).startsWith("c /");
    assertThat(call("c", http("::1", 8086))).startsWith("c /");
    assertThat(call("c", http(net().ipv4(C), 8080))).startsWith("c /");
    assertThat(call("c", http(net().ipv6(C), 8086))).startsWith("c /");
  }

  private void intercept(String... flags) {
    program().intercept(net(), "c", flags);
  }

  private void assertReached(String address, int port) {
    assertThat(call("c", http(address, port))).startsWith("o /");
  }

  private void assertOutboundCaught(String address, int port) {
    assertThat(call("c", http(address, port))).isEqualTo("outbound caught " + address + " " + port);
  }

  private void assertInboundCaught(String address, int port) {
    assertThat(call("o", http(address, port))).isEqualTo("inbound caught " + address + " " + port);
  }

  private String call(String from, String url) {
    return new Callers(net()).curl(from, url);
  }

  /** The same from {@code c} as another user or group. */
  private String callAs(String flag, String id, String url) {
    return new Callers(net()).curlAs("c", List.of("setpriv", flag, id, "--clear-groups"), url);
  }

  private RulesBy program() {
    return Objects.requireNonNull(program);
  }

  private Namespaces net() {
    return Objects.requireNonNull(net);
  }
}
