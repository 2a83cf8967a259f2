package dev.weft.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FiguresTest {
  @Test
  void percentilesAreTimesThatWereMeasured() {
    var times = Percentiles.of(List.of(5.0, 1.0, 3.0, 2.0, 4.0));

    assertThat(times.median()).isEqualTo(3);
    assertThat(times.at(99)).isEqualTo(5);
    assertThat(times.at(20)).isEqualTo(1);
    assertThat(times.count()).isEqualTo(5);
    assertThatThrownBy(() -> Percentiles.of(List.of()).median())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void residentMemoryIsWhatTheProcessSaysOfItself() {
    String metrics =
        """
        # HELP process_resident_memory_bytes Resident memory
        # TYPE process_resident_memory_bytes gauge
        process_resident_memory_bytes 7.2E7
        process_start_time_seconds 1.0
        """;

    assertThat(Resident.parse(metrics)).hasValue(72);
    assertThat(Resident.parse("other 1\n")).isEmpty();
  }

  /** Files of layers count, documents of the archive do not, and neither do names and padding. */
  @Test
  void anImageIsAsLargeAsItsFiles(@TempDir Path folder) throws Exception {
    Path root = Files.createDirectories(folder.resolve("root/weft/lib"));
    Files.write(root.resolve("a.jar"), new byte[100_000]);
    Files.write(root.resolve("b.jar"), new byte[512]);
    Files.writeString(root.resolve("empty"), "");
    Files.createSymbolicLink(root.resolve("link"), Path.of("a.jar"));
    Path blobs = Files.createDirectories(folder.resolve("image/blobs/sha256"));
    tar("-cf", blobs.resolve("first").toString(), "-C", folder.resolve("root").toString(), "weft");
    Path second = Files.createDirectories(folder.resolve("second"));
    Files.write(second.resolve("c"), new byte[7]);
    tar("-cf", blobs.resolve("second").toString(), "-C", second.toString(), "c");
    Files.writeString(blobs.resolve("config"), "{}");
    Files.writeString(blobs.resolve("manifest"), "{".repeat(2000));
    Path archive = folder.resolve("image.tar");
    tar("-cf", archive.toString(), "-C", folder.resolve("image").toString(), "blobs");

    assertThat(ImageArchiveSize.of(archive)).isEqualTo(100_000 + 512 + 7);
    assertThat(ImageArchiveSize.of(folder.resolve("none.tar"))).isZero();
  }

  private static void tar(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("tar", "--format=ustar"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }
}
