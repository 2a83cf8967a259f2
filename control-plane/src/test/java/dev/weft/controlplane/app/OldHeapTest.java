package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is held is what a collection leaves. */
class OldHeapTest {
  private static final int MIB = 1 << 20;
  private static final Path SHIPPED =
      Path.of("../dist/src/main/options/weft-control-plane.options");

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

  @Test
  void whatABusyMomentTookIsGivenBackByTheFirstCollectionAfterIt() throws Exception {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    command.addAll(shippedFlags());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BusyMoment.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isZero();
    String[] heap = said.strip().split(" ");
    assertThat(Integer.parseInt(heap[0])).as("MiB while it lasts").isGreaterThan(90);
    assertThat(Integer.parseInt(heap[1])).as("MiB after it").isLessThan(60);
  }

  private static List<String> shippedFlags() throws IOException {
    return Files.readAllLines(SHIPPED).stream().filter(line -> line.startsWith("-")).toList();
  }

  /** A process that holds 16 MiB, and for a moment 64 MiB more; says its heap, then and after. */
  static final class BusyMoment {
    private static final List<byte[]> HELD = new ArrayList<>();

    public static void main(String[] arguments) {
      hold(16);
      List<byte[]> usual = List.copyOf(HELD);
      hold(64);
      long during = heapAfterCollection();
      HELD.clear();
      long after = heapAfterCollection();
      System.out.println(during + " " + after + " " + usual.size());
    }

    private static void hold(int mebibytes) {
      for (int i = 0; i < mebibytes * 16; i++) {
        HELD.add(new byte[MIB / 16]);
      }
    }

    @SuppressWarnings("SystemGC") // As the control plane asks for one.
    private static long heapAfterCollection() {
      System.gc();
      return Runtime.getRuntime().totalMemory() / MIB;
    }
  }
}
