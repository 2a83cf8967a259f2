package dev.weft.sidecar.codec.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many are made anew, and how many stay. */
class KeptTest {
  private final Kept<Object> kept = new Kept<>(100);
  private long now;
  private int made;

  private void use(int atATime) {
    List<Object> used = new ArrayList<>();
    for (int i = 0; i < atATime; i++) {
      Object one = kept.take();
      if (one == null) {
        one = new Object();
        made++;
      }
      used.add(one);
    }
    used.forEach(kept::give);
  }

  private void trim() {
    kept.trim(++now);
    // Every connection asks for it.
    kept.trim(now);
  }

  @Test
  void whatIsUsedAgainAndAgainIsMadeOnce() {
    for (int i = 0; i < 50; i++) {
      use(100);
      trim();
    }
    assertThat(made).isEqualTo(100);
  }

  @Test
  void noMoreThanTheBoundStays() {
    use(150);
    use(150);
    assertThat(made).isEqualTo(200);
  }

  @Test
  void whatIsNotNeededAnyMoreGoesLittleByLittle() {
    use(80);
    trim();
    use(20);
    trim();
    use(75);
    assertThat(made).as("little went at once").isLessThanOrEqualTo(85);
    for (int i = 0; i < 100; i++) {
      use(20);
      trim();
    }
    made = 0;
    use(20);
    assertThat(made).isZero();
    use(80);
    assertThat(made).isEqualTo(60);
    for (int i = 0; i < 100; i++) {
      trim();
    }
    made = 0;
    use(1);
    assertThat(made).isEqualTo(1);
  }
}
