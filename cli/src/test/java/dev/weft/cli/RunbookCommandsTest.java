package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

/** What somebody who was woken types is what there is, with its options as they are. */
class RunbookCommandsTest {
  /** At the beginning of a line of a block, or as code within a sentence. */
  private static final Pattern COMMAND = Pattern.compile("(?m)(?:^|`)weft ([a-z][^`#|>\\n]*)");

  @Test
  void everyCommandOfTheRunbooksExists() throws IOException {
    Set<String> commands = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("../docs/runbooks"))) {
      for (Path file : files.toList()) {
        // A sentence may break a line within a command.
        Matcher command = COMMAND.matcher(Files.readString(file).replaceAll("\\n(?=--)", " "));
        while (command.find()) {
          commands.add(command.group(1).strip());
        }
      }
    }

    assertThat(commands).hasSizeGreaterThan(20).allSatisfy(RunbookCommandsTest::parse);
  }

  @Test
  void aCommandThatIsNoneIsFound() {
    assertThatThrownBy(() -> parse("registry restor")).isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> parse("check --all")).isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> parse("logs")).isInstanceOf(ParameterException.class);
  }

  private static void parse(String command) {
    String typed =
        command.replace("--revision A B", "--revision 7 8").replace("--to REVISION", "--to 7");
    WeftMain.commandLine().parseArgs(typed.split("\\s+"));
  }
}
