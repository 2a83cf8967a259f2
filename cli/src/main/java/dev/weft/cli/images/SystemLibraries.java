package dev.weft.cli.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes from the system that this runs on, or from the given one, what programs load from it: the
 * image's base is made of the same packages, and needs no registry.
 */
final class SystemLibraries {
  /** {@code libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)}, and the loader without arrow. */
  private static final Pattern LOADED =
      Pattern.compile("^\\s*(?:\\S+ => )?(/\\S+) \\(0x[0-9a-f]+\\)$", Pattern.MULTILINE);

  private static final Pattern MISSING =
      Pattern.compile("^\\s*(\\S+) => not found$", Pattern.MULTILINE);

  private static final List<Path> FOLDERS_OF_PROGRAMS =
      List.of(
          Path.of("/usr/sbin"),
          Path.of("/sbin"),
          Path.of("/usr/bin"),
          Path.of("/bin"),
          Path.of("/usr/local/sbin"),
          Path.of("/usr/local/bin"));

  private SystemLibraries() {}

  /** Adds what the binaries that are in {@code root} load, and what all programs expect to find. */
  static void addTo(RootFileSystem root, Program program, Machine machine) throws IOException {
    int user = program.user();
    root.text(
        Layer.SYSTEM,
        "/etc/passwd",
        "root:x:0:0:root:/root:/none\n"
            + (program.userName()
                + ":x:"
                + user
                + ":"
                + user
                + ":"
                + program.name()
                + ":/:/none\n"));
    root.text(
        Layer.SYSTEM, "/etc/group", "root:x:0:\n" + program.userName() + ":x:" + user + ":\n");
    root.text(Layer.SYSTEM, "/etc/nsswitch.conf", "hosts: files dns\n");
    for (String folder : List.of("/dev", "/proc", "/sys", "/tmp")) {
      root.directory(Layer.SYSTEM, folder);
    }
    addLibraries(root, Layer.SYSTEM, root.binaries(), machine);
  }

  /**
   * Adds a program of the system with its libraries, at the path where it was found.
   *
   * @throws ImagesFailed when the system does not have it
   */
  static void addTool(RootFileSystem root, String name, Machine machine) throws IOException {
    Path found = tool(name, machine);
    root.file(Layer.TOOLS, found, "/usr/sbin/" + name);
    addLibraries(root, Layer.TOOLS, List.of(found), machine);
  }

  private static Path tool(String name, Machine machine) throws IOException {
    Path sysroot = machine.sysroot();
    for (Path folder : FOLDERS_OF_PROGRAMS) {
      Path file = folder.resolve(name);
      if (sysroot != null) {
        file = new ForeignLibraries(sysroot, machine.triplet()).at(file.toString());
      }
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new ImagesFailed(
        "the program "
            + name
            + (sysroot == null ? " is not on this system" : " is not in " + sysroot)
            + ", and the image needs it: install the package of it (nftables for nft) and run this"
            + " again");
  }

  private static void addLibraries(
      RootFileSystem root, Layer layer, List<Path> binaries, Machine machine) throws IOException {
    Path runtime = root.at(LinkedRuntime.FOLDER + "/lib");
    List<Path> own = List.of(runtime, runtime.resolve("server"));
    Path sysroot = machine.sysroot();
    if (sysroot != null) {
      var libraries = new ForeignLibraries(sysroot, machine.triplet()).of(binaries, own);
      for (Map.Entry<String, Path> library : libraries.entrySet()) {
        if (!root.has(library.getKey())) {
          root.file(layer, library.getValue(), library.getKey());
        }
      }
      return;
    }
    Map<String, String> environment =
        Map.of("LD_LIBRARY_PATH", own.getFirst() + ":" + own.getLast());
    var needed = new TreeSet<String>();
    for (Path binary : binaries) {
      String output = Commands.run(environment, List.of("ldd", binary.toString())).output();
      Matcher missing = MISSING.matcher(output);
      if (missing.find()) {
        throw new ImagesFailed(
            binary
                + " needs the library "
                + missing.group(1)
                + ", which this system does not have");
      }
      Matcher loaded = LOADED.matcher(output);
      while (loaded.find()) {
        needed.add(loaded.group(1));
      }
    }
    String folder = root.at("/").toString();
    for (String library : needed) {
      if (!library.startsWith(folder) && !root.has(library)) {
        root.file(layer, Path.of(library), library);
      }
    }
  }
}
