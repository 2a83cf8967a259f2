package dev.weft.sidecar.app.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.http.Overload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MemoryWatchTest {
  private static final long MIB = 1 << 20;

  private final Overload overload = new Overload(0);
  private long now;

  @Test
  void realBuffersMakeDirectMemoryShortAndItRecoversWhenTheyGo() {
    var allocator = new PooledByteBufAllocator(true, 0, 1, 8192, 6, 0, 0, false);
    var watch =
        new MemoryWatch(new DirectMemory(allocator, 16 * MIB), new Fixed(), overload, () -> now);
    List<ByteBuf> held = new ArrayList<>();
    watch.watch();
    assertThat(overload.memoryShort()).isFalse();
    for (int i = 0; i < 15; i++) {
      held.add(allocator.directBuffer((int) MIB));
    }
    watch.watch();
    assertThat(overload.memoryShort()).isTrue();
    held.forEach(ByteBuf::release);
    watch.watch();
    assertThat(overload.memoryShort()).isFalse();
  }

  @Test
  void garbageIsNoShortageAndSurvivorsAre() {
    var heap = new Fixed();
    var watch = new MemoryWatch(new Fixed(), heap, overload, () -> now);
    heap.atMost = 99;
    heap.held = 20;
    watch.watch();
    assertThat(overload.memoryShort()).isFalse();
    heap.held = 86;
    watch.watch();
    assertThat(overload.memoryShort()).isTrue();
    heap.held = 82;
    watch.watch();
    assertThat(overload.memoryShort()).as("it does not flap").isTrue();
    assertThat(heap.refreshed).isZero();
    now += TimeUnit.SECONDS.toNanos(6);
    watch.watch();
    assertThat(heap.refreshed).isEqualTo(1);
    watch.watch();
    assertThat(heap.refreshed).as("not at every tick").isEqualTo(1);
    heap.held = 79;
    watch.watch();
    assertThat(overload.memoryShort()).isFalse();
  }

  @Test
  void theHeapTellsWhatSurvivedAFullCollection() {
    var heap = new Heap();
    byte[] big = new byte[(int) (32 * MIB)];
    await()
        .untilAsserted(
            () -> {
              heap.refresh();
              assertThat(heap.held()).isBetween((long) big.length, heap.atMost());
            });
    assertThat(heap.max()).isGreaterThanOrEqualTo(heap.atMost());
  }

  @Test
  void connectionsAreBoundedByDescriptorsToo() {
    assertThat(MemoryPlan.of(64 * MIB, 64 * MIB, 1024).maxConnections()).isEqualTo(448);
    assertThat(MemoryPlan.of(64 * MIB, 64 * MIB, 100_000).maxConnections()).isEqualTo(4096);
    assertThat(Descriptors.parse("Max open files            4096                 8192  files"))
        .isEqualTo(4096);
    assertThat(Descriptors.parse("Max open files            unlimited            unlimited"))
        .isZero();
    assertThat(Descriptors.limit()).isPositive();
  }

  private static final class Fixed implements MemoryWatch.Source {
    long atMost;
    long held;
    int refreshed;

    @Override
    public long max() {
      return 100;
    }

    @Override
    public long atMost() {
      return atMost;
    }

    @Override
    public long held() {
      return held;
    }

    @Override
    public void refresh() {
      refreshed++;
    }
  }
}
