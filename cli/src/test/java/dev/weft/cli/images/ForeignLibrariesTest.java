package dev.weft.cli.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found by reading files is what the loader of this machine says itself. */
class ForeignLibrariesTest {
  private static final Path JAVA = Path.of(System.getProperty("java.home"));
  private static final Pattern LOADED = Pattern.compile("(/\\S+) \\(0x[0-9a-f]+\\)");

  @TempDir Path sysroot;

  @Test
  void thatOfThisMachineIsWhatItsLoaderFinds() throws IOException {
    assumeTrue(Files.exists(Path.of("/lib/x86_64-linux-gnu")), "needs folders as in Debian");
    Path launcher = JAVA.resolve("bin/java");
    Path machine = JAVA.resolve("lib/server/libjvm.so");
    List<Path> own = List.of(JAVA.resolve("lib"), JAVA.resolve("lib/server"));

    Map<String, Path> found =
        new ForeignLibraries(Path.of("/"), "x86_64-linux-gnu").of(List.of(launcher, machine), own);

    var loaded = new TreeSet<Path>();
    for (Path each : List.of(launcher, machine)) {
      String output = Commands.run(Map.of(), List.of("ldd", each.toString())).output();
      Matcher matcher = LOADED.matcher(output);
      while (matcher.find()) {
        loaded.add(Path.of(matcher.group(1)).toRealPath());
      }
    }
    loaded.removeIf(path -> path.startsWith(JAVA));
    assertThat(loaded).hasSizeGreaterThan(2);
    assertThat(found.values()).containsExactlyInAnyOrderElementsOf(loaded);
    assertThat(found.keySet()).contains("/lib64/ld-linux-x86-64.so.2");
  }

  @Test
  void whatIsNotThereIsNamedWithWhoNeedsIt() throws IOException {
    Path launcher = JAVA.resolve("bin/java");
    Files.createDirectories(sysroot.resolve("usr/lib64"));
    String loader = ElfNeeds.of(Files.readAllBytes(launcher)).loader();
    Path there = sysroot.resolve("usr" + loader);
    Files.createDirectories(there.getParent());
    Files.writeString(there, "a loader");

    assertThatThrownBy(
            () ->
                new ForeignLibraries(sysroot, "x86_64-linux-gnu")
                    .of(List.of(launcher), List.of(JAVA.resolve("lib"))))
        .isInstanceOf(ImagesFailed.class)
        .hasMessageContaining(launcher + " needs the library libc.so.6, which is not in " + sysroot)
        .hasMessageContaining("/lib/x86_64-linux-gnu");
  }

  @Test
  void linksStayWithinTheSystem() throws IOException {
    Files.createDirectories(sysroot.resolve("usr/sbin"));
    Files.writeString(sysroot.resolve("usr/sbin/nft-1"), "a program");
    Files.createSymbolicLink(sysroot.resolve("sbin"), Path.of("/usr/sbin"));
    Files.createSymbolicLink(sysroot.resolve("usr/sbin/nft"), Path.of("../../../usr/sbin/nft-1"));

    assertThat(new ForeignLibraries(sysroot, "any").at("/sbin/nft"))
        .isEqualTo(sysroot.resolve("usr/sbin/nft-1"));
    assertThat(new ForeignLibraries(sysroot, "any").at("/bin/none")).doesNotExist();
  }

  @Test
  void aJdkForAnotherMachineNeedsASystemOfThatMachine() throws IOException {
    Path jdk = Files.createDirectories(sysroot.resolve("jdk"));
    assertThatThrownBy(() -> Machine.of(jdk, null)).hasMessageContaining("has no file \"release\"");
    Files.writeString(jdk.resolve("release"), "OS_ARCH=\"riscv64\"\n");
    assertThatThrownBy(() -> Machine.of(jdk, null)).hasMessageContaining("\"riscv64\"");
    String other = System.getProperty("os.arch").equals("aarch64") ? "x86_64" : "aarch64";
    Files.writeString(jdk.resolve("release"), "OS_ARCH=\"" + other + "\"\n");
    assertThatThrownBy(() -> Machine.of(jdk, null))
        .hasMessageContaining("is for " + other)
        .hasMessageContaining("--sysroot");

    Machine machine = Machine.of(jdk, sysroot);

    assertThat(machine.own()).isFalse();
    assertThatThrownBy(
            () ->
                LinkedRuntime.addTo(
                    new RootFileSystem(sysroot.resolve("work")), machine, List.of("java.base")))
        .hasMessageContaining("jmods has no java.base.jmod");
    assertThat(Machine.of(JAVA, null).own()).isTrue();
  }
}
