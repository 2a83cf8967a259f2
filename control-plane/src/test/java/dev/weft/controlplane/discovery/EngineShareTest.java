package dev.weft.controlplane.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.discovery.pace.EngineShare;
import dev.weft.controlplane.discovery.pace.EngineShare.Account;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nobody takes the engine for themselves. */
class EngineShareTest {
  private static final Duration LONG = Duration.ofMillis(10);

  private final ManualLoop loop = new ManualLoop();
  private final EngineShare share = new EngineShare(loop);

  @Test
  void whoAsksForLittleIsServedAtOnce() {
    Account account = share.open();
    for (int i = 0; i < 1_000; i++) {
      assertThat(share.serve(account, () -> loop.take(Duration.ofNanos(100_000)))).isFalse();
      loop.pass(Duration.ofMillis(10));
    }
    assertThat(account.detours()).isZero();
  }

  @Test
  void whoAsksForMuchGetsAQuarterOfTheTimeHoweverManyTheyAre() {
    tickForEver();
    List<Account> hostile = new ArrayList<>();
    var served = new long[1];
    for (int i = 0; i < 50; i++) {
      hostile.add(share.open());
      askForEver(hostile.getLast(), served);
    }
    // What each of them may take at once.
    loop.pass(Duration.ofSeconds(60));
    long before = served[0];
    long from = loop.nanoTime();
    loop.pass(Duration.ofSeconds(10));
    long took = loop.nanoTime() - from;

    assertThat((served[0] - before) * LONG.toNanos()).isBetween(took / 5, took / 3);
    assertThat(hostile).allMatch(account -> account.detours() > 10);
    Account other = share.open();
    assertThat(share.serve(other, () -> served[0]++)).isFalse();
  }

  /** The next request comes when the last is done. */
  private void askForEver(Account account, long[] served) {
    loop.schedule(
        0,
        () ->
            share.serve(
                account,
                () -> {
                  loop.take(LONG);
                  served[0]++;
                  askForEver(account, served);
                }));
  }

  private void tickForEver() {
    share.tick();
    loop.schedule(Duration.ofSeconds(1).toNanos(), this::tickForEver);
  }
}
