package dev.weft.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class CausesTest {
  @Test
  void theDeepestCauseSaysWhatHasHappened() {
    assertThat(Causes.deepest(wrapped(new ConnectException("Connection refused"))))
        .isEqualTo("Connection refused");
    assertThat(Causes.deepest(new IOException("cut off"))).isEqualTo("cut off");
  }

  @Test
  void aWordAloneIsExplainedByItsKind() {
    assertThat(Causes.deepest(wrapped(new UnknownHostException("api.example"))))
        .isEqualTo("UnknownHostException api.example");
    assertThat(Causes.deepest(wrapped(new ConnectException()))).isEqualTo("ConnectException");
    assertThat(Causes.deepest(wrapped(new IOException(" ")))).isEqualTo("IOException");
  }

  private static Exception wrapped(Exception cause) {
    return new IllegalStateException("it failed", new IOException("an error has occurred", cause));
  }
}
