package dev.weft.sidecar.appconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file for each key, and nothing of anybody else's touched. */
class ConfigFolderTest {
  @TempDir private Path home;
  private Path path;
  private ConfigFolder folder;

  @BeforeEach
  void open() {
    path = home.resolve("made").resolve("config");
    folder = new ConfigFolder(path);
  }

  @Test
  void eachKeyIsAFileAndOneThatIsGoneIsGone() throws IOException {
    assertThat(folder.write(values("app.yaml", "a: 1\n", "log.level", "ü"))).isEmpty();
    assertThat(names()).containsExactly(".weft-config", "app.yaml", "log.level");
    assertThat(path.resolve("app.yaml")).hasContent("a: 1\n");
    assertThat(path.resolve("log.level")).hasContent("ü");

    // Another process of the same sidecar.
    new ConfigFolder(path).write(values("log.level", "debug"));
    assertThat(names()).containsExactly(".weft-config", "log.level");
    assertThat(path.resolve("log.level")).hasContent("debug");

    folder.write(List.of());
    assertThat(names()).containsExactly(".weft-config");
  }

  @Test
  void aFileThatIsAsItShouldBeIsNotTouched() throws IOException {
    folder.write(values("a", "1", "b", "2"));
    FileTime longAgo = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(path.resolve("a"), longAgo);
    Files.setLastModifiedTime(path.resolve("b"), longAgo);

    folder.write(values("a", "1", "b", "3"));

    assertThat(Files.getLastModifiedTime(path.resolve("a"))).isEqualTo(longAgo);
    assertThat(Files.getLastModifiedTime(path.resolve("b"))).isNotEqualTo(longAgo);
  }

  @Test
  void whoHasAFileOpenReadsTheWholeOfTheOldOne() throws IOException {
    folder.write(values("a", "old".repeat(10_000)));
    try (var open = Files.newInputStream(path.resolve("a"))) {
      folder.write(values("a", "new"));
      assertThat(new String(open.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("old".repeat(10_000));
    }
    assertThat(path.resolve("a")).hasContent("new");
  }

  @Test
  void whatSomebodyElsePutThereStaysAndIsSaid() throws IOException {
    Files.createDirectories(path);
    Files.writeString(path.resolve("app.yaml"), "mine");
    Files.writeString(path.resolve("other"), "mine, too");

    assertThat(folder.write(values("app.yaml", "theirs", "a", "1"))).containsExactly("app.yaml");
    assertThat(path.resolve("app.yaml")).hasContent("mine");
    assertThat(path.resolve("a")).hasContent("1");
    folder.write(List.of());
    assertThat(names()).containsExactly(".weft-config", "app.yaml", "other");
  }

  @Test
  void aLinkIsReplacedAndNeverFollowed() throws IOException {
    Path outside = Files.writeString(home.resolve("outside"), "untouched");
    folder.write(values("a", "1"));
    for (String name : List.of("a", ".weft-next")) {
      Files.deleteIfExists(path.resolve(name));
      Files.createSymbolicLink(path.resolve(name), outside);
    }

    folder.write(values("a", "2"));

    assertThat(outside).hasContent("untouched");
    assertThat(Files.isSymbolicLink(path.resolve("a"))).isFalse();
    assertThat(path.resolve("a")).hasContent("2");
  }

  @Test
  void nothingLeadsOutOfTheFolderWhateverTheListOfOwnFilesSays() throws IOException {
    Path outside = Files.writeString(home.resolve("made-outside"), "untouched");
    folder.write(values("a", "1"));
    Files.writeString(
        path.resolve(".weft-config"), "../../made-outside\n" + outside + "\na\n\n..\n");

    folder.write(List.of());
    assertThat(outside).hasContent("untouched");
    assertThat(names()).containsExactly(".weft-config");

    assertThatThrownBy(() -> folder.write(values("../evil", "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leads out of");
    assertThat(home.resolve("made").resolve("evil")).doesNotExist();
  }

  @Test
  void aListOfOwnFilesThatLeadsElsewhereIsNotFollowed() throws IOException {
    folder.write(values("a", "1"));
    Files.delete(path.resolve(".weft-config"));
    Files.createSymbolicLink(path.resolve(".weft-config"), Path.of("/dev/zero"));

    assertThat(folder.write(values("a", "2", "b", "3"))).as("not known as ours").contains("a");
    assertThat(path.resolve("a")).hasContent("1");
    assertThat(path.resolve("b")).hasContent("3");
    assertThat(path.resolve(".weft-config")).isRegularFile();
  }

  @Test
  void aCrashBetweenTwoStepsIsMadeGoodByTheNextWrite() throws IOException {
    folder.write(values("a", "1"));
    // It was noted that b would come, and half of it was written.
    Files.writeString(path.resolve(".weft-config"), "a\nb\n");
    Files.writeString(path.resolve(".weft-next"), "ha");
    Files.writeString(path.resolve("b"), "");

    assertThat(folder.write(values("b", "half"))).isEmpty();
    assertThat(names()).containsExactly(".weft-config", "b");
    assertThat(path.resolve("b")).hasContent("half");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static List<ConfigValue> values(String... keysAndTexts) {
    var values = new ArrayList<ConfigValue>();
    for (int i = 0; i < keysAndTexts.length; i += 2) {
      values.add(new ConfigValue(keysAndTexts[i], "text/plain", keysAndTexts[i + 1], "\"x\"", 1));
    }
    return values;
  }
}
