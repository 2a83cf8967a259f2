package dev.weft.sidecar.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When checks run, how many at a time, and when they end. */
final class HealthCheckerTest extends HealthCheckFixture {
  @Test
  void nothingIsCheckedBeforeItsTime() throws Exception {
    configure(http(), List.of(httpServer(new AtomicInteger(200))));
    tickUntilChecked(1);
    clock.addAndGet(SECOND * 8 / 10);
    tick();
    assertThat(running()).isZero();
    clock.addAndGet(SECOND * 3 / 10);
    tickUntilChecked(2);
  }

  @Test
  void onlySoManyChecksRunAtATime() throws Exception {
    int silent = silentServer().getLocalPort();
    var ports = new ArrayList<Integer>();
    for (int i = 0; i < HealthChecker.MAX_RUNNING + 10; i++) {
      ports.add(silent);
    }
    configure(http(), ports);
    tick();
    assertThat(running()).isEqualTo(HealthChecker.MAX_RUNNING);
    clock.addAndGet(SECOND);
    tick();
    assertThat(running()).isEqualTo(10);
    assertThat(checked()).isEqualTo(HealthChecker.MAX_RUNNING);
  }

  @Test
  void checksEndWithTheClusterOrItsConfiguration() throws Exception {
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    assertThat(running()).isEqualTo(1);
    configure(null, List.of(8080));
    tick();
    assertThat(running()).isZero();
    clock.addAndGet(60 * SECOND);
    tick();
    assertThat(running()).isZero();
    assertThat(checked()).isZero();
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    assertThat(running()).isEqualTo(1);
    onLoop(
        () -> {
          clusters.retire(ConfigSnapshot.EMPTY);
          return null;
        });
    tick();
    assertThat(running()).isZero();
  }

  @Test
  void anEndpointWhoseEjectionHasEndedIsCheckedAtOnce() throws Exception {
    int port = httpServer(new AtomicInteger(200));
    configure(
        new HealthCheckConfig("/health", List.of(), 60 * SECOND, SECOND, 2, 2, null),
        List.of(port, port));
    tickUntilChecked(2);
    onLoop(
        () -> {
          var endpoint = cluster().endpoints().iterator().next();
          for (int i = 0; i < 5; i++) {
            endpoint.onConnectFailure(0, clock.get());
          }
          clusters.fold();
          return null;
        });
    assertThat(status(0).health()).isEqualTo(Health.EJECTED);
    clock.addAndGet(5 * SECOND);
    onLoop(
        () -> {
          clusters.fold();
          return null;
        });
    assertThat(status(0).health()).isEqualTo(Health.PROBING);
    tickUntilChecked(3);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }
}
