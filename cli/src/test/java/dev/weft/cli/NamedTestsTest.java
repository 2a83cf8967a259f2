package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A promise without a test is none: those that the documents name are there. */
class NamedTestsTest {
  private static final Path TOP = Path.of("..");
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*Test)`");

  @Test
  void everyTestThatADocumentNamesExists() throws IOException {
    Set<String> tests = tests();
    for (String document :
        List.of("docs/RELIABILITY.md", "docs/FEATURES.md", "docs/guides/troubleshooting.md")) {
      assertThat(named(document)).as(document).hasSizeGreaterThan(10).isSubsetOf(tests);
    }
  }

  @Test
  void everyRowOfReliabilityNamesWhatShowsIt() throws IOException {
    List<String> rows =
        Files.readAllLines(TOP.resolve("docs/RELIABILITY.md")).stream()
            .takeWhile(line -> !line.startsWith("## "))
            .filter(line -> line.startsWith("| ") && !line.startsWith("| **"))
            .skip(1)
            .toList();

    assertThat(rows)
        .hasSizeGreaterThan(50)
        .allSatisfy(
            row -> {
              String[] cells = row.split(" \\| ");
              assertThat(cells).as(row).hasSize(3);
              assertThat(cells[2]).as(row).containsPattern("`\\w+Test`|`\\./weft soak");
            });
  }

  private static Set<String> named(String document) throws IOException {
    var names = new TreeSet<String>();
    NAME.matcher(Files.readString(TOP.resolve(document)))
        .results()
        .forEach(name -> names.add(name.group(1)));
    return names;
  }

  private static Set<String> tests() throws IOException {
    var names = new TreeSet<String>();
    Files.walkFileTree(
        TOP,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            return name.equals("target") || (name.startsWith(".") && !name.equals(".."))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (name.endsWith("Test.java")) {
              names.add(name.substring(0, name.length() - ".java".length()));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return names;
  }
}
