package dev.weft.sidecar.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks by HTTP/1.1: which answers are good, and what is said of those that are not. */
final class HttpHealthCheckTest extends HealthCheckFixture {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anHttpEndpointIsHealthyAsLongAsItAnswersWell(boolean overTls) throws Exception {
    var status = new AtomicInteger(200);
    configure(
        http(), List.of(httpServer(overTls, status)), overTls ? tls("catalog.example") : null);
    assertThat(status(0).health()).isEqualTo(Health.UNCHECKED);
    tickUntilChecked(1);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);

    status.set(503);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(0).reason()).isEqualTo("active check: status 503, expected 200 to 299");

    status.set(204);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void onlyTheExpectedStatusesAreGood() throws Exception {
    var status = new AtomicInteger(401);
    var config = new HealthCheckConfig("/health", List.of(401), SECOND, SECOND, 2, 2, null);
    configure(config, List.of(httpServer(status)));
    tickUntilChecked(1);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
    status.set(200);
    nextChecks(2);
    assertThat(status(0).reason()).isEqualTo("active check: status 200, expected one of [401]");
  }

  @Test
  void anEndpointThatDoesNotAnswerInTimeFails() throws Exception {
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    clock.addAndGet(SECOND);
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEqualTo("active check: no answer within 1000 ms");
  }

  @Test
  void anAnswerThatIsNotHttpFails() throws Exception {
    configure(http(), List.of(serverThatSays("SSH-2.0-OpenSSH_9.6\r\n")));
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEqualTo("active check: the answer is not HTTP/1.1");
  }

  @Test
  void aConnectionThatIsClosedWithoutAnAnswerFails() throws Exception {
    configure(http(), List.of(serverThatSays("HTTP/1.1")));
    tickUntilChecked(1);
    assertThat(status(0).reason())
        .isEqualTo("active check: the connection was closed without an answer");
  }
}
