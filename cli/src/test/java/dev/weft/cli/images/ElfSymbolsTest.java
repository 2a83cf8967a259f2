package dev.weft.cli.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** On the libraries of the JDK that this runs on, read by the system's own loader. */
@EnabledOnOs(OS.LINUX)
class ElfSymbolsTest {
  private static final Path LIBRARIES = Path.of(System.getProperty("java.home"), "lib");

  @TempDir private Path folder = Path.of("");

  @Test
  void the_jvm_is_smaller_and_loads_what_it_loaded() throws IOException {
    Path library = LIBRARIES.resolve("server/libjvm.so");
    Path copy = Files.copy(library, folder.resolve("libjvm.so"));

    ElfSymbols.strip(copy);

    assertThat(Files.size(copy)).isLessThanOrEqualTo(Files.size(library));
    assertThat(loaded(copy)).isEqualTo(loaded(library));
  }

  @Test
  @SuppressWarnings("restricted") // The system's loader is what is asked.
  void a_library_without_its_symbols_can_be_loaded() throws IOException {
    Path library = LIBRARIES.resolve("libsyslookup.so");
    Path copy = Files.copy(library, folder.resolve("libsyslookup.so"));

    ElfSymbols.strip(copy);
    System.load(copy.toString());

    byte[] once = Files.readAllBytes(copy);
    assertThat(ElfSymbols.strip(once)).isSameAs(once);
  }

  @Test
  void what_is_no_program_stays_as_it_is() {
    byte[] text = new byte[100];

    assertThat(ElfSymbols.strip(text)).isSameAs(text);
    assertThat(ElfSymbols.strip(new byte[3])).hasSize(3);
  }

  /** The names of what the loader finds for it, without addresses. */
  private static List<String> loaded(Path library) throws IOException {
    return Commands.succeed("reading " + library, List.of("ldd", library.toString()))
        .lines()
        .map(line -> line.strip().split(" ")[0])
        .sorted()
        .toList();
  }
}
