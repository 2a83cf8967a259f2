package dev.weft.sidecar.appconfig;

import dev.weft.common.wire.ConfigSyntax;
import dev.weft.sidecar.telemetry.Bound;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder with a file for each key. Each is replaced whole, by a rename, and left alone when it is
 * as it should be. Which files are ours is kept in {@value #OWN}, so that what somebody else put
 * there is neither replaced nor deleted. Blocking; one thread at a time.
 */
final class ConfigFolder {
  static final String OWN = ".weft-config";
  private static final String NEXT = ".weft-next";
  private static final int MAX_OWN_BYTES = Bound.CONFIG_FILES_LIST.intValue();

  private final Path folder;

  ConfigFolder(Path folder) {
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  /**
   * Makes the folder have these values and no others of ours.
   *
   * @return the keys whose names somebody else's files have, which are left as they are
   */
  List<String> write(List<ConfigValue> values) throws IOException {
    Files.createDirectories(folder);
    Set<String> own = own();
    Set<String> wanted = new TreeSet<>();
    var taken = new ArrayList<String>();
    for (ConfigValue value : values) {
      if (!own.contains(value.key()) && !isFree(value)) {
        taken.add(value.key());
      } else {
        wanted.add(value.key());
      }
    }
    // First who owns what is about to be there: a crash in between must leave nothing behind.
    Set<String> both = new TreeSet<>(own);
    both.addAll(wanted);
    if (!both.equals(own)) {
      replace(OWN, text(both));
    }
    for (ConfigValue value : values) {
      if (wanted.contains(value.key()) && !has(value)) {
        replace(value.key(), value.bytes());
      }
    }
    for (String key : own) {
      if (!wanted.contains(key)) {
        Files.deleteIfExists(file(key));
      }
    }
    if (!both.equals(wanted)) {
      replace(OWN, text(wanted));
    }
    return taken;
  }

  /** Only what can be a key: somebody may have written something else there. */
  private Set<String> own() throws IOException {
    Set<String> keys = new TreeSet<>();
    Path own = file(OWN);
    // A link to what never ends would be read until there is no memory left.
    if (!Files.isRegularFile(own, LinkOption.NOFOLLOW_LINKS) || Files.size(own) > MAX_OWN_BYTES) {
      return keys;
    }
    String lines = new String(Files.readAllBytes(own), StandardCharsets.UTF_8);
    for (String line : lines.split("\n", -1)) {
      if (ConfigSyntax.isKey(line)) {
        keys.add(line);
      }
    }
    return keys;
  }

  private boolean isFree(ConfigValue value) throws IOException {
    return !Files.exists(file(value.key()), LinkOption.NOFOLLOW_LINKS) || has(value);
  }

  private boolean has(ConfigValue value) throws IOException {
    Path file = file(value.key());
    byte[] wanted = value.bytes();
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.size(file) == wanted.length
        && Arrays.equals(Files.readAllBytes(file), wanted);
  }

  /** A link in its place is replaced, and never followed. */
  private void replace(String name, byte[] content) throws IOException {
    Path next = file(NEXT);
    Files.deleteIfExists(next);
    try (SeekableByteChannel out =
        Files.newByteChannel(
            next,
            Set.of(
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    }
    Files.move(
        next, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Keys have no '/' and begin with a letter or digit; nothing else is ever to be written. */
  private Path file(String name) {
    Path file = folder.resolve(name).normalize();
    if (!folder.normalize().equals(file.getParent())) {
      throw new IllegalArgumentException("\"" + name + "\" leads out of " + folder);
    }
    return file;
  }

  private static byte[] text(Set<String> keys) {
    return (String.join("\n", keys) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
