package dev.weft.sidecar.tls.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileWatchTest {
  private final FileWatch watch = new FileWatch();
  private int changes;

  @TempDir private Path folder;

  @BeforeEach
  void look() throws IOException {
    Files.writeString(folder.resolve("a"), "1");
  }

  @AfterEach
  void close() {
    watch.close();
  }

  private void watch(Path... files) {
    watch.add(List.of(files), () -> changes++);
  }

  /** Two looks: one sees that something changes, the next that it has stayed so. */
  private int afterTwoLooks() {
    watch.look();
    watch.look();
    return changes;
  }

  @Test
  void whatStaysTheSameIsNotLoadedAgain() {
    watch(folder.resolve("a"));
    assertThat(afterTwoLooks()).isZero();
  }

  @Test
  void aFileThatIsWrittenOverIsSeenOnce() throws IOException {
    watch(folder.resolve("a"));
    Files.writeString(folder.resolve("a"), "22");
    assertThat(afterTwoLooks()).isOne();
    assertThat(afterTwoLooks()).isOne();
  }

  @Test
  void aFileThatIsRenamedOntoIsSeen() throws IOException {
    watch(folder.resolve("a"));
    Files.writeString(folder.resolve("new"), "2");
    Files.move(folder.resolve("new"), folder.resolve("a"), StandardCopyOption.ATOMIC_MOVE);
    assertThat(afterTwoLooks()).isOne();
  }

  /** As Kubernetes does it: tls.crt is a link to ..data/tls.crt, and ..data is swung. */
  @Test
  void aLinkedFolderThatIsSwungIsSeen() throws IOException {
    for (String version : List.of("v1", "v2")) {
      Files.createDirectory(folder.resolve(version));
      Files.writeString(folder.resolve(version).resolve("tls.crt"), "x");
    }
    Files.createSymbolicLink(folder.resolve("..data"), Path.of("v1"));
    Files.createSymbolicLink(folder.resolve("tls.crt"), Path.of("..data/tls.crt"));
    watch(folder.resolve("tls.crt"));
    Files.createSymbolicLink(folder.resolve("..tmp"), Path.of("v2"));
    Files.move(folder.resolve("..tmp"), folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    assertThat(afterTwoLooks()).isOne();
  }

  @Test
  void filesThatChangeOneAfterTheOtherAreLoadedTogether() throws IOException {
    Files.writeString(folder.resolve("b"), "1");
    watch(folder.resolve("a"), folder.resolve("b"));
    Files.writeString(folder.resolve("a"), "22");
    watch.look();
    assertThat(changes).isZero();
    Files.writeString(folder.resolve("b"), "22");
    watch.look();
    assertThat(changes).isZero();
    watch.look();
    assertThat(changes).isOne();
  }

  @Test
  void aFileThatGoesAndComesIsSeen() throws IOException {
    watch(folder.resolve("a"));
    Files.delete(folder.resolve("a"));
    assertThat(afterTwoLooks()).isOne();
    Files.writeString(folder.resolve("a"), "1");
    assertThat(afterTwoLooks()).isEqualTo(2);
  }
}
