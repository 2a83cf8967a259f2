package dev.weft.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What a link still carries that has forgotten its connections. */
class FlowsTest {
  private static final int NEAR = 0xc6120001;
  private static final int FAR = 0xc6120002;
  private static final int SYN = 0x02;
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;

  private final Flows flows = new Flows();

  @Test
  void aForgottenConnectionIsCarriedNeitherWayUntilItIsRemembered() {
    assertThat(flows.carries(there(40_000, SYN))).isTrue();

    flows.forget();

    assertThat(flows.carries(there(40_000, ACK))).isFalse();
    assertThat(flows.carries(back(40_000, ACK))).isFalse();
    flows.remember();
    assertThat(flows.carries(there(40_000, ACK))).isTrue();
  }

  @Test
  void aNewConnectionIsCarriedAlsoFromAPortThatWasUsedBefore() {
    flows.carries(there(40_000, SYN));
    flows.forget();

    assertThat(flows.carries(there(40_001, SYN))).isTrue();
    assertThat(flows.carries(back(40_001, SYN_ACK))).isTrue();
    assertThat(flows.carries(back(40_000, SYN_ACK))).isFalse();
    assertThat(flows.carries(there(40_000, SYN))).isTrue();
    assertThat(flows.carries(back(40_000, SYN_ACK))).isTrue();
  }

  @Test
  void whatIsNoConnectionIsCarried() {
    flows.forget();

    byte[] resolution = new byte[42];
    ByteBuffer.wrap(resolution).putShort(12, (short) 0x0806);
    assertThat(flows.carries(resolution)).isTrue();
    assertThat(flows.carries(new byte[0])).isTrue();
  }

  private static byte[] there(int port, int flags) {
    return frame(NEAR, port, FAR, 7700, flags);
  }

  private static byte[] back(int port, int flags) {
    return frame(FAR, 7700, NEAR, port, flags);
  }

  private static byte[] frame(int from, int fromPort, int to, int toPort, int flags) {
    byte[] frame = new byte[54];
    ByteBuffer.wrap(frame)
        .putShort(12, (short) 0x0800)
        .put(14, (byte) 0x45)
        .put(23, (byte) 6)
        .putInt(26, from)
        .putInt(30, to)
        .putShort(34, (short) fromPort)
        .putShort(36, (short) toPort)
        .put(47, (byte) flags);
    return frame;
  }
}
