package dev.weft.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LeakGateTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBufferThatNobodyReleasedIsNamedWithWhereItWasMade(boolean pooled) {
    leak(pooled ? PooledByteBufAllocator.DEFAULT : UnpooledByteBufAllocator.DEFAULT);
    assertThatThrownBy(LeakGate::check)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("ByteBuf")
        .hasMessageContaining("LeakGateTest.leak");
    assertThatCode(LeakGate::check).as("it is said once").doesNotThrowAnyException();
  }

  @Test
  void whatIsReleasedOrStillHeldIsNoLeak() {
    PooledByteBufAllocator.DEFAULT.buffer().release();
    var held = PooledByteBufAllocator.DEFAULT.buffer();
    assertThatCode(LeakGate::check).doesNotThrowAnyException();
    held.release();
  }

  private static void leak(ByteBufAllocator allocator) {
    allocator.buffer().writeByte(1);
  }
}
