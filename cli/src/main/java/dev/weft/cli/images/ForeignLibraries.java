package dev.weft.cli.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds in the root folder of a system what binaries load from it, by reading them: for a machine
 * whose programs do not run here. Looks where the loader of a Debian or of another Linux looks.
 */
final class ForeignLibraries {
  private static final int MOST_LINKS = 16;

  private final Path sysroot;
  private final List<String> folders;

  /**
   * @param triplet the distributions' name of the machine, as in {@code aarch64-linux-gnu}
   */
  ForeignLibraries(Path sysroot, String triplet) {
    this.sysroot = sysroot;
    folders =
        List.of(
            "/lib/" + triplet, "/usr/lib/" + triplet, "/lib64", "/usr/lib64", "/lib", "/usr/lib");
  }

  /**
   * What they load, and what that loads.
   *
   * @param own folders with libraries of their own, which are looked at first
   * @return files by the paths at which the loader finds them
   * @throws ImagesFailed when the system lacks one
   */
  Map<String, Path> of(List<Path> binaries, List<Path> own) throws IOException {
    Set<String> there = new HashSet<>();
    for (Path folder : own) {
      try (Stream<Path> files = Files.list(folder)) {
        files.forEach(file -> there.add(file.getFileName().toString()));
      }
    }
    var found = new TreeMap<String, Path>();
    var open = new ArrayDeque<>(binaries);
    while (!open.isEmpty()) {
      Path binary = open.remove();
      ElfNeeds needs = ElfNeeds.of(Files.readAllBytes(binary));
      var paths = new ArrayList<String>();
      if (!needs.loader().isEmpty()) {
        paths.add(needs.loader());
      }
      for (String name : needs.libraries()) {
        if (there.add(name)) {
          paths.add(path(name, binary));
        }
      }
      for (String path : paths) {
        if (!found.containsKey(path)) {
          Path file = file(path);
          found.put(path, file);
          there.add(path.substring(path.lastIndexOf('/') + 1));
          open.add(file);
        }
      }
    }
    return found;
  }

  private String path(String name, Path binary) throws IOException {
    for (String folder : folders) {
      if (Files.isRegularFile(at(folder + "/" + name))) {
        return folder + "/" + name;
      }
    }
    throw new ImagesFailed(
        binary
            + " needs the library "
            + name
            + ", which is not in "
            + sysroot
            + " (looked for in "
            + String.join(", ", folders)
            + "): unpack the package that has it there");
  }

  /** A file of that path; the loader's is named without the folder where some systems have it. */
  private Path file(String path) throws IOException {
    for (String each : List.of(path, "/usr" + path)) {
      Path file = at(each);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw new ImagesFailed("there is no " + path + " in " + sysroot);
  }

  /**
   * Where a path of that system is, which need not exist: links are followed as if the folder were
   * the root of all.
   */
  Path at(String path) throws IOException {
    Path at = sysroot;
    var names = new ArrayDeque<String>(List.of(path.split("/", -1)));
    int links = 0;
    while (!names.isEmpty()) {
      String name = names.remove();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        Path parent = at.getParent();
        at = parent == null || at.equals(sysroot) ? at : parent;
        continue;
      }
      Path next = at.resolve(name);
      if (Files.isSymbolicLink(next) && links++ < MOST_LINKS) {
        String target = Files.readSymbolicLink(next).toString();
        at = target.startsWith("/") ? sysroot : at;
        List<String> more = List.of(target.split("/", -1));
        for (int i = more.size() - 1; i >= 0; i--) {
          names.addFirst(more.get(i));
        }
      } else {
        at = next;
      }
    }
    return at;
  }
}
