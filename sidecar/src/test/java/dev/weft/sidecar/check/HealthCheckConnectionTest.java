package dev.weft.sidecar.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The connection that a check makes, whatever it asks then: TCP alone, TLS, a PROXY header. */
final class HealthCheckConnectionTest extends HealthCheckFixture {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoCannotBeVerifiedIsNotHealthy(boolean overGrpc) throws Exception {
    var health = new HealthStatusManager();
    configure(
        overGrpc ? grpc("") : http(),
        List.of(
            overGrpc
                ? grpcServer(true, health.getHealthService())
                : httpServer(true, new AtomicInteger(200)),
            serverThatSays("SSH-2.0-OpenSSH_9.6\r\n")),
        tls("other.example"));
    tickUntilChecked(2);
    assertThat(status(0).reason())
        .startsWith("active check: TLS: ")
        .contains("its certificate is for catalog.example: expected other.example");
    assertThat(status(1).reason()).startsWith("active check: TLS: ");
  }

  /** Nobody is behind a check, so that the header has no addresses. */
  @ParameterizedTest
  @CsvSource({"true,PRI", "false,GET"})
  void aHeaderComesFirstWhereOneIsToBeSent(boolean overGrpc, String next) throws Exception {
    var received = new LinkedBlockingQueue<String>();
    int port = serverThatSays("", 19, received::add);
    configure(overGrpc ? grpc("") : http(), List.of(port), null, ProxyProtocol.V2);
    tick();
    assertThat(received.poll(60, TimeUnit.SECONDS))
        .isEqualTo("\r\n\r\n\0\r\nQUIT\n\40\0\0\0" + next);
  }

  @Test
  void aTcpEndpointIsHealthyIfItAccepts() throws Exception {
    int open = silentServer().getLocalPort();
    int closed = refusedPort();
    configure(tcp(), List.of(open, closed));
    tickUntilChecked(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
    assertThat(status(1).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(1).reason()).startsWith("active check: connect: ");
  }
}
