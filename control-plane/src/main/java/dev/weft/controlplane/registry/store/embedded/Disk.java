package dev.weft.controlplane.registry.store.embedded;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What the log asks of a disk. For the journal's thread. */
interface Disk {
  /** A file that grows at its end. */
  interface Appender extends Closeable {
    /** Writes all of it; durable only after {@link #sync}. */
    void append(ByteBuffer bytes) throws IOException;

    /** Makes durable what was appended. */
    void sync() throws IOException;
  }

  /** Begins an empty file, in place of one that may be there. */
  Appender create(Path file) throws IOException;

  /** Goes on after the first bytes of a file; what follows them is dropped, durably. */
  Appender open(Path file, long size) throws IOException;

  /** Puts a synced file in the place of another: both or neither, durably. */
  void replace(Path newFile, Path file) throws IOException;

  /** The disk of this machine. */
  Disk LOCAL =
      new Disk() {
        @Override
        public Appender create(Path file) throws IOException {
          return new LocalAppender(
              FileChannel.open(
                  file,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE));
        }

        @Override
        public Appender open(Path file, long size) throws IOException {
          FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
          if (channel.size() > size) {
            channel.truncate(size);
            channel.force(true);
          }
          channel.position(size);
          return new LocalAppender(channel);
        }

        @Override
        public void replace(Path newFile, Path file) throws IOException {
          Files.move(
              newFile, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
          Path directory = file.toAbsolutePath().getParent();
          if (directory != null) {
            // The new name is durable only with its directory.
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
              names.force(true);
            }
          }
        }
      };

  /** A file through a channel. */
  record LocalAppender(FileChannel channel) implements Appender {
    @Override
    public void append(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void sync() throws IOException {
      channel.force(false);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
