package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.A;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.B;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.O;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.OWN_SERVICE;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.SERVICE;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.TCP_SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.FakeControlPlane;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an application calls, behind the rules of each program: it comes out where it was meant to
 * go, by way of the sidecar or past it, and never comes back to where it has been.
 */
@ParameterizedClass(name = "rules by {0}")
@EnumSource(RulesBy.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InterceptedOutboundTest extends InterceptedFixture {
  @Test
  void aServiceIsCalledByItsAddressWhateverHostSays() {
    String answer =
        calls().curl("a", "http://" + net().ipv4(SERVICE) + "/hello", "-H", "Host: nobody.example");

    // The last hop is b's own sidecar, on the address that it was called by.
    assertThat(answer)
        .startsWith("b /hello from " + net().ipv4(B) + " host=nobody.example via=1.1 weft")
        .contains("proto=http", "hop=null");
  }

  @Test
  void soItIsOverIpv6() {
    assertThat(calls().curl("a", "http://[" + net().ipv6(SERVICE) + "]/six"))
        .startsWith("b /six")
        .contains("via=1.1 weft");
  }

  @Test
  void httpTwoAndTlsAreFoundOut() {
    assertThat(
            calls().curl("a", "http://" + net().ipv4(SERVICE) + "/two", "--http2-prior-knowledge"))
        .startsWith("b /two")
        .contains("via=2.0 weft");
    assertThat(calls().curl("a", "https://" + net().ipv4(SERVICE) + "/tls", "-k"))
        .startsWith("b /tls");
    assertThat(calls().curl("a", "https://" + net().ipv4(O) + ":8443/tls", "-k"))
        .startsWith("o /tls");
  }

  /** The connection stays, and so does what it was routed by. */
  @Test
  void aServiceThatIsForgottenIsPassedOnOnTheSameConnection() throws Exception {
    FakeControlPlane plane = machines().controlPlane();
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
    assertThat(calls().say("a", net().ipv4(TCP_SERVICE), 25, "hello")).isEqualTo("220 b\nhello");
  }

  @Test
  void whatTheMeshDoesNotKnowPassesUnchanged() {
    String direct = calls().curl("a", "http://" + net().ipv4(O) + ":8080/direct");
    assertThat(direct)
        .startsWith("o /direct from " + net().ipv4(A))
        .contains("via=null", "proto=null");
    assertThat(calls().say("a", net().ipv4(O), 2525, "quit")).isEqualTo("220 o\nquit");
    // A ClientHello's first bytes, and nonsense: nobody looks.
    assertThat(calls().say("a", net().ipv4(O), 7, "\\x16\\x03\\x01\\x00\\x05GET / HTTP"))
        .isEqualTo("\u0016\u0003\u0001\u0000\u0005GET / HTTP");
    assertThat(machines().metric(A, "weft_passthrough_cx_total{direction=\"outbound\"}"))
        .isPositive();
  }

  @Test
  void anEndpointsAddressThatIsUnknownIsPassedOnToItsSidecar() {
    assertThat(calls().say("a", net().ipv4(B), 2526, "x")).isEqualTo("220 b\nx");
    assertThat(calls().curl("a", "http://" + net().ipv4(B) + ":8080/pod")).startsWith("b /pod");
  }

  @Test
  void anApplicationCallsItselfByItsService() {
    assertThat(calls().curl("a", "http://" + net().ipv4(OWN_SERVICE) + "/self"))
        .startsWith("a /self")
        .contains("via=1.1 weft", "hop=null");
    assertThat(calls().curl("a", "http://127.0.0.1:8080/lo")).contains("via=null");
    assertThat(calls().curl("a", "http://" + net().ipv4(A) + ":8080/own")).contains("via=null");
    assertThat(calls().curl("a", "http://[" + net().ipv6(A) + "]:8086/own6")).contains("via=null");
  }

  @Test
  void withoutAControlPlaneUnknownDestinationsAreReachedAllTheSame() {
    calls().curl("a", "http://" + net().ipv4(SERVICE) + "/before");
    FakeControlPlane plane = machines().controlPlane();
    plane.kill();
    try {
      assertThat(calls().curl("a", "http://" + net().ipv4(O) + ":8086/away")).startsWith("o /away");
      assertThat(calls().say("a", net().ipv4(O), 2526, "")).isEqualTo("220 o");
      assertThat(calls().curl("a", "http://" + net().ipv4(SERVICE) + "/known"))
          .startsWith("b /known");
    } finally {
      plane.start();
    }
  }

  @Test
  void udpIsNotTouched() {
    assertThat(calls().ping("a", net().ipv4(O))).isEqualTo("ping");
    assertThat(calls().ping("a", net().ipv4(B))).isEqualTo("ping");
  }

  @Test
  void aSidecarThatWouldBeInterceptedItselfDoesNotStart() {
    var command = new ArrayList<>(Namespaces.command(Namespaces.SIDECAR));
    command.addAll(
        List.of("--intercept=on", "--register=off", "--pod=x", "--pod-address=10.0.0.9"));

    assertThat(net().tryIn("o", "", command.toArray(String[]::new)))
        .satisfies(
            result -> {
              assertThat(result.status()).isEqualTo(2);
              assertThat(result.output()).contains("runs as user 0 and group 0", "setpriv");
            });
  }
}
