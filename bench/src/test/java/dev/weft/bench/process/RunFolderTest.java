package dev.weft.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RunFolderTest {
  @Test
  void nothingOfARunIsLeft() throws Exception {
    Path path;
    try (RunFolder folder = RunFolder.make()) {
      path = folder.path();
      Files.createDirectories(path.resolve("mesh/state"));
      Files.writeString(path.resolve("mesh/state/a.json"), "{}");
      assertThat(Files.getPosixFilePermissions(path)).hasSize(7);
      folder.close();
      assertThat(path).doesNotExist();
    }
    assertThat(path).doesNotExist();
  }

  /** Its log is gone when somebody reads the message. */
  @Test
  void whatDoesNotStartSaysWhatItLogged() throws Exception {
    try (RunFolder folder = RunFolder.make();
        Child child =
            Child.start(
                "proxy", List.of("sh", "-c", "echo no such flag"), Map.of(), "0", folder.path())) {
      assertThatThrownBy(() -> child.awaitListening(Child.freePort(), System.nanoTime()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("proxy does not listen on port")
          .hasMessageEndingWith("no such flag");
    }
  }
}
