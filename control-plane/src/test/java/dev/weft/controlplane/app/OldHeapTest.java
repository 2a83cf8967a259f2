package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is held is what a collection leaves. */
class OldHeapTest {
  private static final int MIB = 1 << 20;

  private byte[] held = new byte[0];

  @Test
  @SuppressWarnings("SystemGC") // It tells of what is left by one.
  void whatIsHeldCountsAndGarbageDoesNot() {
    var heap = new OldHeap();
    System.gc();
    double before = heap.heldRatio();
    held = new byte[64 * MIB];
    System.gc();
    double meanwhile = heap.heldRatio();
    int length = held.length;
    held = new byte[0];
    System.gc();

    assertThat(length).isEqualTo(64 * MIB);
    assertThat(before).isBetween(0.0, 1.0);
    assertThat(meanwhile).isBetween(before + 0.001, 1.0);
    assertThat(heap.heldRatio()).isLessThan(meanwhile);
  }

  @Test
  @SuppressWarnings("SystemGC") // It tells of what is left by one.
  void itIsCollectedWhenMuchHasComeSinceAndNotBefore() {
    var heap = new OldHeap();
    System.gc();
    assertThat(heap.collectIfMuchHasCome()).isFalse();

    // Those that outlive a collection of what is young are here, however large that part is.
    long made = 0;
    while (!heap.collectIfMuchHasCome()) {
      held = new byte[16 * MIB];
      made += held.length;
      assertThat(made).as("bytes").isLessThan(8192L * MIB);
    }

    assertThat(heap.collectIfMuchHasCome()).as("nothing has come since").isFalse();
  }
}
