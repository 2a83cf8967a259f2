package dev.weft.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailureTest {
  private static final Path GUIDE = Path.of("../docs/guides/troubleshooting.md");

  /** By the first cell of a row: the status, where one is sent, and the flag. */
  @ParameterizedTest
  @EnumSource(Failure.class)
  void theGuideSaysWhatItMeans(Failure failure) throws IOException {
    List<String> cells =
        Files.readAllLines(GUIDE).stream()
            .filter(line -> line.startsWith("| "))
            .map(line -> line.substring(2, line.indexOf(" |", 2)))
            .toList();
    String status = Integer.toString(failure.status());

    assertThat(cells)
        .anyMatch(
            cell ->
                cell.contains("`" + failure.flag() + "`")
                    && (failure.status() == 0
                        || cell.contains(status)
                        || cell.contains(status.charAt(0) + "xx")));
  }
}
