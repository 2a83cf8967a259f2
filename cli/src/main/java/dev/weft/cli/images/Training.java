package dev.weft.cli.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the ahead-of-time caches of images with their own runtimes, jars and flags, from a run of
 * the programs together ({@code weft train}). A cache is kept by the hash of what it depends on,
 * and taken again: the JVM does not make the same bytes twice.
 */
final class Training {
  private final Path folder;
  private final Map<String, ProgramFiles> programs = new LinkedHashMap<>();
  private final Map<String, RootFileSystem> roots = new LinkedHashMap<>();

  /** Keeps caches in {@code folder}. */
  Training(Path folder) {
    this.folder = folder;
  }

  void add(Program program, ProgramFiles files, RootFileSystem root) {
    programs.put(program.name(), files);
    roots.put(program.name(), root);
  }

  /** Puts a cache into each image. */
  void run() throws IOException {
    Files.createDirectories(folder);
    Files.deleteIfExists(log());
    train(Program.CONTROL_PLANE, List.of("train"));
    // What it does in a pod beside is a third of the classes that it loads there. Of a control
    // plane
    // it is next to nothing, and its image is larger by that.
    train(Program.SIDECAR, List.of("train", "--as-in-pods"));
    for (Map.Entry<String, RootFileSystem> root : roots.entrySet()) {
      ProgramFiles files = programs.get(root.getKey());
      Path cache = cache(root.getKey());
      if (files != null) {
        if (!Files.exists(cache)) {
          throw new ImagesFailed(
              "no ahead-of-time cache was made for " + root.getKey() + "; see " + log());
        }
        root.getValue().file(Layer.CACHE, cache, files.cache());
      }
    }
  }

  private Path log() {
    return folder.resolve("train.log");
  }

  private Path cache(String name) throws IOException {
    ProgramFiles files = programs.get(name);
    return folder.resolve(name + "-" + (files == null ? "" : files.identity()) + ".aot");
  }

  /** Runs all programs together and keeps what one of them has made, where it has none. */
  private void train(String name, List<String> command) throws IOException {
    if (!programs.containsKey(name) || Files.exists(cache(name))) {
      return;
    }
    Path home = folder.resolve("train");
    RootFileSystem.delete(home);
    // Where the training looks for the programs of a distribution.
    script(home.resolve("bin/weft"), Program.CONTROL_PLANE, "shift", name);
    script(home.resolve("sidecar/bin/weft-sidecar"), Program.SIDECAR, ":", name);
    var java =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dweft.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.weft.cli.WeftMain"));
    java.addAll(command);
    // What writes a cache needs more memory than what it is for.
    Commands.Ended ended = Commands.run(Map.of("JDK_AOT_VM_OPTIONS", "-Xmx512m"), java);
    Files.writeString(log(), ended.output(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Path made = made(name);
    if (Files.exists(made)) {
      Files.move(made, cache(name));
    }
    if (ended.status() != 0) {
      throw new ImagesFailed(
          "the run that ahead-of-time caches are made from failed; see "
              + log()
              + "\n"
              + ended.output().strip());
    }
    RootFileSystem.delete(home);
  }

  private Path made(String name) {
    return folder.resolve("train").resolve(name + ".aot");
  }

  /** A start script that ends with its standard input, as the distribution's do. */
  private void script(Path script, String name, String first, String trained) throws IOException {
    Files.createDirectories(script.getParent());
    ProgramFiles files = programs.get(name);
    RootFileSystem root = roots.get(name);
    if (files == null || root == null) {
      throw new IllegalStateException(name + " is not in training");
    }
    Path arguments = folder.resolve("train").resolve(name + ".args");
    Files.writeString(arguments, files.trainingArguments(name.equals(trained) ? made(name) : null));
    Files.writeString(
        script,
        """
        #!/bin/sh
        %s
        exec 3<&0
        { cat <&3 >/dev/null; kill -9 $$; } 2>/dev/null &
        exec 3<&-
        exec '%s' '@%s' %s "$@"
        """
            .formatted(first, LinkedRuntime.java(root), arguments, files.firstArguments()));
    script.toFile().setExecutable(true);
  }
}
