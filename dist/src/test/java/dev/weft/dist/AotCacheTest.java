package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.dist.Distribution.Run;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Decision 19: a cache is used for exactly the jars, the JDK and the flags that it was made with,
 * or not at all.
 */
final class AotCacheTest {
  private static final Map<String, String> DEBUG = Map.of("WEFT_DEBUG", "1");

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({"., weft, version", "., weft, control-plane --help", "sidecar, weft-sidecar, --help"})
  void theJvmAcceptsTheCacheThatTheBuildMade(String part, String script, String args) {
    Distribution distribution =
        new Distribution(Distribution.built().home().resolve(part).normalize());

    // The JVM refuses to start in this mode when the cache does not fit.
    Run run =
        distribution.run(
            Map.of("WEFT_DEBUG", "1", "WEFT_JAVA_OPTS", "-XX:AOTMode=on"), script, args.split(" "));

    assertThat(run.err()).contains("ahead-of-time cache " + distribution.home() + "/aot/");
    assertThat(run.err()).doesNotContain("starting without");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isNotEmpty();
  }

  @Test
  void aChangedClassTakesEffect() throws IOException {
    Distribution copy = Distribution.built().copyTo(folder.resolve("weft"));
    // Before the change: what is known of the jars is written down, and the copied cache is taken.
    Run before = copy.run(DEBUG, "weft", "version");
    assertThat(before.out()).startsWith("weft ");
    assertThat(before.err()).doesNotContain("starting without");

    replaceClass(
        copy.jar("weft-cli-"),
        "dev.weft.cli.WeftMain",
        """
        package dev.weft.cli;

        public final class WeftMain {
          public static void main(String[] args) {
            System.out.println("the changed class");
          }
        }
        """);
    Run after = copy.run(DEBUG, "weft", "version");

    assertThat(after.out()).isEqualTo("the changed class\n");
    assertThat(after.err()).contains("starting without");
  }

  @Test
  void changedFlagsDoNotTakeTheCacheOfOthers() throws IOException {
    Distribution copy = Distribution.built().copyTo(folder.resolve("weft"));
    Path options = copy.home().resolve("conf/weft.options");
    Files.writeString(options, Files.readString(options) + "-Dsome.flag=1\n");

    Run run = copy.run(DEBUG, "weft", "version");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("starting without");
  }

  @Test
  void withoutACacheItStartsAndSaysSoOnlyWhenAsked() throws IOException {
    Distribution copy = Distribution.built().copyTo(folder.resolve("weft"));
    for (Path cache : copy.caches()) {
      Files.delete(cache);
    }

    Run quiet = copy.run(Map.of(), "weft", "version");
    Run debug = copy.run(DEBUG, "weft", "version");

    assertThat(quiet.exitCode()).isZero();
    assertThat(quiet.err()).isEmpty();
    assertThat(debug.err()).contains("starting without");
  }

  /**
   * Compiles {@code source} and puts it in place of the class in {@code jar}, whose time stays as
   * it was.
   */
  private void replaceClass(Path jar, String name, String source) throws IOException {
    Path sourceFile = folder.resolve(name.substring(name.lastIndexOf('.') + 1) + ".java");
    Files.writeString(sourceFile, source);
    Path classes = Files.createDirectory(folder.resolve("classes"));
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), sourceFile.toString());
    assertThat(failed).isZero();
    FileTime time = Files.getLastModifiedTime(jar);
    try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of());
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) compiled.filter(Files::isRegularFile)::iterator) {
        Files.copy(
            file, zip.getPath("/" + classes.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.setLastModifiedTime(jar, time);
  }
}
