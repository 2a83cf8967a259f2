package dev.weft.sidecar.discovery;

import dev.weft.proto.discovery.v1.Resource;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The last good configuration as a file: a line that names format and owner, the resources as they
 * came over the wire, and a checksum. Replaced whole, so that a crash leaves the old or the new
 * one. Blocking: not for a loop.
 */
final class LastGoodFile {
  private static final System.Logger LOG = Logs.of(LastGoodFile.class);
  private static final String FORMAT = "weft-last-good-1";
  private static final int CHECKSUM_BYTES = 8;
  private static final long MAX_BYTES = Bound.LAST_GOOD_FILE.value();

  private final Path file;
  private final String owner;

  /**
   * @param owner {@code namespace/service}: another's configuration is not ours
   */
  LastGoodFile(Path directory, String owner) {
    this.file = directory.resolve("last-good.bin");
    this.owner = owner;
  }

  /** What is written: resources are encoded messages, with their versions inside. */
  record Content(String storeId, long revision, List<byte[]> resources) {}

  /** What was read. */
  record Loaded(String storeId, long revision, List<Resource> resources) {}

  /** The configuration, or null when there is none, or none that can be trusted, which is said. */
  @Nullable Loaded read() {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new IOException("is " + size + " bytes long, expected at most " + MAX_BYTES);
      }
      return parse(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "last good configuration {0} is ignored: {1}",
          file,
          e.getMessage());
      return null;
    }
  }

  /** Writes a new file, makes it durable and puts it into the old one's place. */
  void write(Content content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream raw = new BufferedOutputStream(Channels.newOutputStream(channel), 64 * 1024);
      var checked = new CheckedOutputStream(raw, new CRC32C());
      var out = new DataOutputStream(checked);
      out.writeUTF(FORMAT);
      out.writeUTF(owner);
      out.writeUTF(content.storeId());
      out.writeLong(content.revision());
      out.writeInt(content.resources().size());
      for (byte[] resource : content.resources()) {
        out.writeInt(resource.length);
        out.write(resource);
      }
      out.writeLong(checked.getChecksum().getValue());
      out.flush();
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncDirectory();
  }

  Path path() {
    return file;
  }

  private Loaded parse(byte[] bytes) throws IOException {
    if (bytes.length < CHECKSUM_BYTES) {
      throw new IOException("it is cut off after " + bytes.length + " bytes");
    }
    var in = new DataInputStream(new ByteArrayInputStream(bytes));
    String format = readText(in);
    if (!format.equals(FORMAT)) {
      throw new IOException("it is of another format, expected " + FORMAT);
    }
    var checksum = new CRC32C();
    checksum.update(bytes, 0, bytes.length - CHECKSUM_BYTES);
    var tail =
        new DataInputStream(
            new ByteArrayInputStream(
                Arrays.copyOfRange(bytes, bytes.length - CHECKSUM_BYTES, bytes.length)));
    if (tail.readLong() != checksum.getValue()) {
      throw new IOException("it is damaged, its checksum does not fit");
    }
    String readOwner = readText(in);
    if (!readOwner.equals(owner)) {
      throw new IOException("it belongs to " + readOwner + ", this is " + owner);
    }
    String storeId = readText(in);
    long revision = in.readLong();
    int count = in.readInt();
    var resources = new ArrayList<Resource>(Math.min(count, 1 << 16));
    for (int i = 0; i < count; i++) {
      resources.add(Resource.parseFrom(in.readNBytes(in.readInt())));
    }
    return new Loaded(storeId, revision, resources);
  }

  private static String readText(DataInputStream in) throws IOException {
    try {
      return in.readUTF();
    } catch (IOException e) {
      throw new IOException("it is of another format, expected " + FORMAT, e);
    }
  }

  // Makes the rename itself durable, where the file system knows how.
  private void syncDirectory() {
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "directory of {0} cannot be synchronised", file);
    }
  }
}
