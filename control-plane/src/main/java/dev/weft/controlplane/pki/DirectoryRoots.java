package dev.weft.controlplane.pki;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An authority in a directory of this machine: {@code roots.pem} for its owner alone, and {@code
 * ca.crt} for whoever is to trust it. Processes that share the directory take turns.
 */
public final class DirectoryRoots implements RootStore {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

  /** A lock on a file keeps other processes out, but not other threads of this one. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final Path directory;

  public DirectoryRoots(Path directory) {
    this.directory = directory;
  }

  /** The certificates that are to be trusted. */
  public Path trustedFile() {
    return directory.resolve("ca.crt");
  }

  @Override
  public @Nullable Held read() throws IOException {
    try {
      String text = Files.readString(directory.resolve("roots.pem"), StandardCharsets.US_ASCII);
      return new Held(text, text);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new IOException(place() + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean write(String text, String trusted, @Nullable String expected) throws IOException {
    THREADS.lock();
    try {
      Files.createDirectories(directory, OWNER_DIRECTORY);
      try (FileChannel turn =
              FileChannel.open(
                  directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = turn.lock()) {
        Held now = read();
        if (now == null ? expected != null : !now.version().equals(expected)) {
          return false;
        }
        // The certificates first: what is trusted early does no harm.
        replace(trustedFile(), trusted);
        replace(directory.resolve("roots.pem"), text);
        return true;
      }
    } catch (IOException e) {
      throw new IOException(place() + " cannot be written: " + e, e);
    } finally {
      THREADS.unlock();
    }
  }

  @Override
  public String place() {
    return directory.resolve("roots.pem").toString();
  }

  private static void replace(Path file, String content) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    boolean secret = content.contains(Pem.KEY);
    try (FileChannel out =
        secret
            ? FileChannel.open(
                fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY)
            : FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var bytes = StandardCharsets.US_ASCII.encode(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
