package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.StoreFailedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file: a header, then frames, each the operations of one group with a checksum. A frame is
 * synced before the next is written; so only the last can be torn by a crash or the loss of power,
 * was then never acknowledged, and is dropped on opening. Any other damage is reported, not
 * repaired. For the journal's thread.
 */
final class Log implements AutoCloseable {
  static final String NAME = "weft.store";

  private static final String NEW_NAME = NAME + ".new";
  private static final byte[] HEADER = "weft store 1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MAGIC = 0x57667401;
  private static final int FRAME_HEAD = 12;
  private static final int FRAME_BYTES = 1 << 20;
  private static final int MOST_FRAME_BYTES = 1 << 30;

  private static final String WHAT_TO_DO =
      "; restore it from a backup, or move it away to begin with an empty store";

  private final Path directory;
  private final Disk.Appender file;
  private long size;

  private Log(Path directory, Disk.Appender file, long size) {
    this.directory = directory;
    this.file = file;
    this.size = size;
  }

  /** Whether a directory holds a store. */
  static boolean exists(Path directory) {
    return Files.exists(directory.resolve(NAME));
  }

  /**
   * Reads the log of a directory.
   *
   * @param reader takes each operation, in order
   * @return the log, to go on with
   * @throws StoreFailedException with one line for people
   */
  static Log open(Path directory, Disk disk, Consumer<Op> reader) {
    Path path = directory.resolve(NAME);
    if (!Files.isRegularFile(path) || !Files.isWritable(path)) {
      throw new StoreFailedException(
          "cannot write to " + path + ": it must be a regular file that this user may write to",
          null);
    }
    try {
      Files.deleteIfExists(directory.resolve(NEW_NAME));
      long end = read(directory, path, reader);
      return new Log(directory, disk.open(path, end), end);
    } catch (IOException | UncheckedIOException e) {
      throw new StoreFailedException(explain("cannot open the store in", directory, e), e);
    }
  }

  /**
   * Writes a log anew, in place of the one that may be there.
   *
   * @param writer gives all operations that the new log begins with
   * @throws StoreFailedException with one line for people; the one of before is then still there
   */
  static Log rewrite(Path directory, Disk disk, Consumer<Consumer<Op>> writer) {
    Path newPath = directory.resolve(NEW_NAME);
    Disk.Appender file = null;
    try {
      file = disk.create(newPath);
      file.append(ByteBuffer.wrap(HEADER));
      Log log = new Log(directory, file, HEADER.length);
      Frame frame = new Frame();
      writer.accept(
          op -> {
            frame.add(op);
            if (frame.size() >= FRAME_BYTES) {
              log.write(frame);
            }
          });
      frame.add(new Op.Complete());
      log.write(frame);
      file.sync();
      disk.replace(newPath, directory.resolve(NAME));
      return log;
    } catch (IOException | UncheckedIOException e) {
      closeQuietly(file);
      throw new StoreFailedException(explain("cannot write to", directory, e), e);
    }
  }

  private static long read(Path directory, Path path, Consumer<Op> reader) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER.length);
      fill(channel, 0, header);
      if (!ByteBuffer.wrap(HEADER).equals(header.flip())) {
        throw new StoreFailedException(
            explain(
                "cannot open the store in",
                directory,
                new IOException(NAME + " is damaged, or no store of this version" + WHAT_TO_DO)),
            null);
      }
      long at = HEADER.length;
      boolean complete = false;
      while (true) {
        byte[] payload = frameAt(channel, at);
        if (payload == null) {
          if (!complete || frameAfter(channel, at + 1)) {
            throw new StoreFailedException(
                explain(
                    "cannot open the store in",
                    directory,
                    new IOException(NAME + " is damaged at byte " + at + WHAT_TO_DO)),
                null);
          }
          return at;
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
        while (in.available() > 0) {
          Op op = Op.read(in);
          complete |= op instanceof Op.Complete;
          reader.accept(op);
        }
        at += FRAME_HEAD + payload.length;
      }
    }
  }

  /** The operations of the frame that begins here; null if none does that is whole. */
  private static byte @Nullable [] frameAt(FileChannel channel, long at) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(FRAME_HEAD);
    fill(channel, at, head);
    if (head.flip().remaining() < FRAME_HEAD || head.getInt() != MAGIC) {
      return null;
    }
    int length = head.getInt();
    int checksum = head.getInt();
    if (length < 0 || length > channel.size() - at - FRAME_HEAD) {
      return null;
    }
    ByteBuffer payload = ByteBuffer.allocate(length);
    fill(channel, at + FRAME_HEAD, payload);
    return payload.hasRemaining() || checksum(payload.array(), length) != checksum
        ? null
        : payload.array();
  }

  /**
   * Whether a whole frame begins anywhere later: then what is broken before it had been synced
   * once.
   */
  private static boolean frameAfter(FileChannel channel, long from) throws IOException {
    ByteBuffer window = ByteBuffer.allocate(FRAME_BYTES);
    for (long at = from; at < channel.size(); at += FRAME_BYTES - Integer.BYTES) {
      window.clear();
      fill(channel, at, window);
      window.flip();
      for (int i = 0; i + Integer.BYTES <= window.limit(); i++) {
        if (window.getInt(i) == MAGIC && frameAt(channel, at + i) != null) {
          return true;
        }
      }
    }
    return false;
  }

  private static void fill(FileChannel channel, long at, ByteBuffer target) throws IOException {
    while (target.hasRemaining() && channel.read(target, at + target.position()) > 0) {
      // Until it is full or the file ends.
    }
  }

  private static int checksum(byte[] payload, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(length >>> 24);
    checksum.update(length >>> 16);
    checksum.update(length >>> 8);
    checksum.update(length);
    checksum.update(payload, 0, length);
    return (int) checksum.getValue();
  }

  private static final class Frame {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    void add(Op op) {
      try {
        op.write(out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    int size() {
      return bytes.size();
    }

    ByteBuffer take() {
      byte[] payload = bytes.toByteArray();
      bytes.reset();
      return ByteBuffer.allocate(FRAME_HEAD + payload.length)
          .putInt(MAGIC)
          .putInt(payload.length)
          .putInt(checksum(payload, payload.length))
          .put(payload)
          .flip();
    }
  }

  private void write(Frame frame) {
    ByteBuffer bytes = frame.take();
    int length = bytes.remaining();
    try {
      file.append(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    size += length;
  }

  /**
   * Appends operations that belong together, and makes them durable.
   *
   * @throws StoreFailedException if the disk refuses; this log is then of no use any more
   */
  void append(List<Op> ops) {
    Frame frame = new Frame();
    ops.forEach(frame::add);
    if (frame.size() > MOST_FRAME_BYTES) {
      throw new IllegalStateException("a group of " + frame.size() + " bytes");
    }
    try {
      write(frame);
      file.sync();
    } catch (IOException | UncheckedIOException e) {
      throw new StoreFailedException(explain("cannot write to", directory, e), e);
    }
  }

  /** How many bytes the file has. */
  long size() {
    return size;
  }

  @Override
  public void close() {
    closeQuietly(file);
  }

  private static void closeQuietly(Disk.@Nullable Appender file) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // What was acknowledged is synced.
      }
    }
  }

  /** One line for people: what failed, where, why, and what to do. */
  static String explain(String what, Path where, Throwable failure) {
    String head = what + " " + where + ": ";
    Throwable cause =
        failure instanceof UncheckedIOException unchecked && unchecked.getCause() != null
            ? unchecked.getCause()
            : failure;
    return head
        + switch (cause) {
          case AccessDeniedException _ ->
              "permission denied; give this user the right to read and write there";
          case FileAlreadyExistsException _, NotDirectoryException _ ->
              "it is not a directory; choose another data directory";
          case FileSystemException e when e.getReason() != null -> advice(e.getReason());
          default -> advice(cause.getMessage() == null ? cause.toString() : cause.getMessage());
        };
  }

  private static String advice(String reason) {
    if (reason.contains("No space left") || reason.contains("quota")) {
      return reason + "; free some space";
    }
    return reason.contains("Not a directory") ? reason + "; choose another data directory" : reason;
  }
}
