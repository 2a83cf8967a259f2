package dev.weft.cli.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The files of an image while it is put together: all of them in one folder, so that its programs
 * can be run there, and each in one layer. Every file has the same time in the folder and in the
 * image, because an ahead-of-time cache names the times of the jars that it was made from.
 */
final class RootFileSystem {
  /** The time of every file: the build's output timestamp. */
  static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

  private final Path folder;
  private final Map<Layer, NavigableSet<String>> layers = new EnumMap<>(Layer.class);

  /** In {@code folder}, which is emptied. */
  RootFileSystem(Path folder) throws IOException {
    this.folder = folder;
    delete(folder);
    Files.createDirectories(folder);
    for (Layer layer : Layer.values()) {
      layers.put(layer, new TreeSet<>());
    }
  }

  /** Where {@code path}, absolute in the image, is while the image is put together. */
  Path at(String path) {
    return folder.resolve(path.substring(1));
  }

  /** The paths of a layer without their first slash, in order; folders that were asked for too. */
  NavigableSet<String> paths(Layer layer) {
    return layers.getOrDefault(layer, new TreeSet<>());
  }

  boolean has(String path) {
    return Files.exists(at(path), LinkOption.NOFOLLOW_LINKS);
  }

  void directory(Layer layer, String path) throws IOException {
    Files.createDirectories(at(path));
    paths(layer).add(path.substring(1));
  }

  void text(Layer layer, String path, String content) throws IOException {
    bytes(layer, path, content.getBytes(StandardCharsets.UTF_8));
  }

  void bytes(Layer layer, String path, byte[] content) throws IOException {
    Path target = at(path);
    Files.createDirectories(target.getParent());
    Files.write(target, content);
    own(layer, path);
  }

  /** Copies a file; of a symbolic link, what it leads to. */
  void file(Layer layer, Path source, String path) throws IOException {
    Path target = at(path);
    Files.createDirectories(target.getParent());
    Files.copy(source.toRealPath(), target, StandardCopyOption.REPLACE_EXISTING);
    if (Files.isExecutable(source)) {
      target.toFile().setExecutable(true, false);
    }
    own(layer, path);
  }

  /** Takes what a program has written below {@code path} into a layer. */
  void adopt(Layer layer, String path) throws IOException {
    try (Stream<Path> files = Files.walk(at(path))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          own(layer, "/" + folder.relativize(file));
        }
      }
    }
  }

  private void own(Layer layer, String path) throws IOException {
    Path file = at(path);
    if (!Files.isSymbolicLink(file)) {
      Files.setLastModifiedTime(file, FileTime.from(TIME));
    }
    paths(layer).add(path.substring(1));
  }

  /** What the files of a layer hold, in bytes. */
  long size(Layer layer) {
    return paths(layer).stream().mapToLong(path -> size(folder.resolve(path))).sum();
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files that the kernel loads: programs, and libraries. */
  List<Path> binaries() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .filter(RootFileSystem::isElf)
          .sorted()
          .toList();
    }
  }

  private static boolean isElf(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] magic = in.readNBytes(4);
      return magic.length == 4
          && magic[0] == 0x7f
          && magic[1] == 'E'
          && magic[2] == 'L'
          && magic[3] == 'F';
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a folder with all that is in it, if it is there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Copies a folder with its links as links. */
  static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(dir).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file,
                to.resolve(from.relativize(file).toString()),
                LinkOption.NOFOLLOW_LINKS,
                StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
