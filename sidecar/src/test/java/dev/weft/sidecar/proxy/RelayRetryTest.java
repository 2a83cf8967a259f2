package dev.weft.sidecar.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.telemetry.Direction;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Endpoints that refuse, limits that are reached, hosts that are not known yet: before a relay. */
class RelayRetryTest extends RelayFixture {
  @Test
  void anEndpointThatRefusesIsReplacedByAnother() throws Exception {
    var dead = echo("db-1");
    dead.close();
    try (var alive = echo("db-2")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, dead, alive);
      for (int i = 0; i < 4; i++) {
        try (var client = proxy.client(address)) {
          client.send("hello");
          assertThat(client.in().readNBytes(5)).isEqualTo("hello".getBytes(ISO_8859_1));
        }
      }
      assertThat(metric("tcp_connect_retry_total", Direction.OUTBOUND)).isPositive();
      await().until(() -> metric("tcp_cx_active", Direction.OUTBOUND) == 0);
      assertThat(proxy.telemetry.scrape()).doesNotContain("flag=\"UF\"");
      assertThat(cluster().total(Stat.CX_CONNECT_FAIL)).isPositive();
      assertThat(cluster().connections().used()).isZero();
    }
  }

  /** A sidecar whose application is down accepts and cuts: nothing was delivered. */
  @Test
  void anEndpointThatCutsBeforeAnyByteIsReplacedByAnother() throws Exception {
    var before = new AtomicLong();
    try (var cutting =
            new Origin(
                "db-1",
                connection -> {
                  await().until(() -> cluster().total(Stat.CX_TOTAL) > before.get());
                  connection.socket.setSoLinger(true, 0);
                });
        var alive = new Origin("db-2", connection -> connection.write("welcome"))) {
      InetSocketAddress address = relay(Direction.OUTBOUND, cutting, alive);
      for (int i = 0; i < 4; i++) {
        before.set(cluster().total(Stat.CX_TOTAL));
        try (var client = proxy.client(address)) {
          assertThat(client.readToEnd()).isEqualTo("welcome");
        }
      }
      assertThat(cutting.connections.get()).isPositive();
      assertThat(cluster().total(Stat.RQ_RESET)).isPositive();
    }
  }

  @Test
  void whenAllRefuseTheClientIsCutOff() throws Exception {
    var one = echo("db-1");
    var two = echo("db-2");
    one.close();
    two.close();
    assertThat(refused(relay(Direction.OUTBOUND, one, two))).isTrue();
    await().until(() -> flagged("UF,URX", Direction.OUTBOUND) == 1);
    assertThat(cluster().total(Stat.CX_CONNECT_FAIL)).isEqualTo(3);
    await().until(() -> cluster().connections().used() == 0);
  }

  @Test
  void whereTheCallersAddressDecidesEveryConnectionLeadsToOneEndpoint() throws Exception {
    proxy.loadBalancer = LoadBalancerType.CLIENT_ADDRESS;
    try (var one = new Origin("db-1", connection -> connection.write("one"));
        var two = new Origin("db-2", connection -> connection.write("two"));
        var three = new Origin("db-3", connection -> connection.write("three"))) {
      InetSocketAddress address = relay(Direction.OUTBOUND, one, two, three);
      var served = new HashSet<String>();
      for (int i = 0; i < 8; i++) {
        try (var client = proxy.client(address)) {
          served.add(client.readToEnd());
        }
      }
      assertThat(served).hasSize(1);
    }
  }

  @Test
  void connectionsBeyondTheClustersLimitAreRefused() throws Exception {
    proxy.limits = new LimitsConfig(1, 1, 0, 1_000_000_000L);
    try (var db = echo("db-1")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, db);
      try (var first = proxy.client(address)) {
        first.send("a");
        assertThat(first.in().read()).isEqualTo('a');
        assertThat(refused(address)).isTrue();
        await().until(() -> flagged("UO", Direction.OUTBOUND) == 1);
        first.send("b");
        assertThat(first.in().read()).isEqualTo('b');
      }
      await().until(() -> cluster().connections().used() == 0);
      try (var third = proxy.client(address)) {
        third.send("c");
        assertThat(third.in().read()).isEqualTo('c');
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHostThatIsNotKnownYetIsWaitedFor(boolean itComes) throws Exception {
    try (var db = echo("db-1")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, db);
      ResolvedHost host = proxy.hosts.remove("db:5432");
      try (var client = proxy.client(address)) {
        client.send("early");
        await().until(() -> waiters() == 1);
        VirtualHostLookup.Waiter waiter = proxy.waiters.getFirst();
        proxy.run(
            () -> {
              if (itComes && host != null) {
                waiter.resolved(host);
              } else {
                waiter.unresolved(VirtualHostLookup.Reason.TIMED_OUT, "nothing came");
              }
            });
        if (itComes) {
          assertThat(client.in().readNBytes(5)).isEqualTo("early".getBytes(ISO_8859_1));
        } else {
          assertThat(reset(client)).isTrue();
          await().until(() -> flagged("NC", Direction.OUTBOUND) == 1);
        }
      }
    }
  }

  private int waiters() {
    synchronized (proxy.waiters) {
      return proxy.waiters.size();
    }
  }
}
