package dev.weft.cli.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The jars of a program in its image, and the file of arguments that its JVM is started with, so
 * that the image needs no shell: {@code java @/weft/conf/NAME.args} (see the JDK's {@code java}
 * command, "Launcher argument files").
 */
final class ProgramFiles {
  private static final String JARS = "/weft/lib/";
  private static final String NATIVES = "/weft/native";

  private final Program program;
  private final RootFileSystem root;
  private final Machine machine;
  private final List<String> jars = new ArrayList<>();
  private final List<String> flags;
  private final boolean natives;
  private String identity = "";

  /** Copies jars and native libraries into {@code root}, which has its runtime already. */
  ProgramFiles(Program program, RootFileSystem root, Machine machine) throws IOException {
    this.program = program;
    this.root = root;
    this.machine = machine;
    // Native libraries are files beside the jars.
    addJars(
        files(program.home().resolve("lib"), ".jar").stream()
            .filter(jar -> !jar.getFileName().toString().contains("-linux-"))
            .toList());
    Path libraries = program.home().resolve("native");
    natives = Files.isDirectory(libraries);
    if (natives) {
      for (Path library : files(libraries, "_" + machine.ofNetty() + ".so")) {
        root.file(Layer.LIBRARIES, library, NATIVES + "/" + library.getFileName());
      }
    }
    try (Stream<String> lines = Files.lines(program.options())) {
      flags =
          lines
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .toList();
    }
  }

  private void addJars(List<Path> all) throws IOException {
    Reach reach = program.reach();
    ReachableClasses classes = reach == null ? null : ReachableClasses.of(all, reach);
    for (Path jar : all) {
      String name = jar.getFileName().toString();
      if (classes == null) {
        root.file(layer(name), jar, JARS + name);
        jars.add(name);
      } else {
        byte[] trimmed = TrimmedJar.of(jar, classes, "_" + machine.ofNetty() + ".so");
        if (trimmed.length > 0) {
          root.bytes(layer(name), JARS + name, trimmed);
          jars.add(name);
        }
      }
    }
  }

  private static Layer layer(String jar) {
    return jar.startsWith("weft-") ? Layer.PROGRAM : Layer.LIBRARIES;
  }

  private static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
    } catch (NoSuchFileException e) {
      throw new ImagesFailed(
          "there is no folder "
              + folder
              + ": start weft with ./weft, or bin/weft of a distribution");
    }
  }

  /** What an ahead-of-time cache depends on, as the distribution's start script hashes it. */
  String identity() throws IOException {
    if (identity.isEmpty()) {
      identity = hash();
    }
    return identity;
  }

  private String hash() throws IOException {
    MessageDigest digest = LayerTar.sha256();
    for (String line : List.of(program.name(), String.join(" ", flags), program.main())) {
      digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    for (String jar : jars) {
      digest.update((jar + "\n").getBytes(StandardCharsets.UTF_8));
    }
    digest.update(Files.readAllBytes(root.at(LinkedRuntime.FOLDER + "/release")));
    digest.update(Files.readAllBytes(root.at(LinkedRuntime.FOLDER + "/lib/modules")));
    for (String jar : jars) {
      digest.update(Files.readAllBytes(root.at(JARS + jar)));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Where the cache is in the image. */
  String cache() throws IOException {
    return "/weft/aot/" + program.name() + "-" + identity() + ".aot";
  }

  private String argumentFile() {
    return "/weft/conf/" + program.name() + ".args";
  }

  /** What a container of the image runs. */
  List<String> entryPoint() {
    return program.script().isEmpty()
        ? List.of(LinkedRuntime.FOLDER + "/bin/java", "@" + argumentFile())
        : List.of(program.script());
  }

  /** Writes the file of arguments, and the script that names it. */
  void writeStart() throws IOException {
    // A cache is made by running the programs.
    String first = machine.own() ? "-XX:AOTCache=" + cache() : "-Xshare:auto";
    root.text(Layer.PROGRAM, argumentFile(), arguments(first, ""));
    if (!program.script().isEmpty()) {
      root.text(
          Layer.PROGRAM,
          program.script(),
          "#!" + LinkedRuntime.FOLDER + "/bin/java @" + argumentFile() + "\n");
      root.at(program.script()).toFile().setExecutable(true, false);
    }
  }

  /** The arguments that a run in training gets before all others. */
  String firstArguments() {
    return program.script();
  }

  /**
   * The same arguments for a run in the folder where the image is put together.
   *
   * @param cache that this run makes; null: it makes none
   */
  String trainingArguments(@Nullable Path cache) {
    String folder = root.at("/").toString();
    return arguments(
        cache == null ? "-Xshare:auto" : "-XX:AOTCacheOutput=" + cache,
        folder.replaceFirst("/$", ""));
  }

  private String arguments(String cacheFlag, String prefix) {
    var lines = new ArrayList<String>();
    lines.add(cacheFlag);
    lines.addAll(flags);
    if (natives) {
      lines.add("-Djava.library.path=" + prefix + NATIVES);
    }
    lines.add("-Dweft.home=" + prefix + "/weft");
    lines.add("-cp");
    lines.add(jars.stream().map(jar -> prefix + JARS + jar).collect(Collectors.joining(":")));
    lines.add(program.main());
    return String.join("\n", lines) + "\n";
  }
}
