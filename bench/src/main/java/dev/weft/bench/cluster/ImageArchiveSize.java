package dev.weft.bench.cluster;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The size of an image's files, from its archive: a tar (POSIX, "ustar Interchange Format") whose
 * entries below {@code blobs} are layers, tars themselves, or documents.
 */
final class ImageArchiveSize {
  private static final int BLOCK = 512;
  private static final int SIZE_AT = 124;
  private static final int SIZE_DIGITS = 12;
  private static final int TYPE_AT = 156;
  private static final int MAGIC_AT = 257;

  private ImageArchiveSize() {}

  /** Bytes of all regular files of all layers; 0 when there is no such archive. */
  static long of(Path archive) throws IOException {
    try (var in = new BufferedInputStream(Files.newInputStream(archive), 1 << 16)) {
      long sum = 0;
      byte[] head = new byte[BLOCK];
      while (entry(in, head)) {
        long size = size(head);
        sum += isFile(head) ? layer(in, size) : skip(in, size);
        in.skipNBytes(padding(size));
      }
      return sum;
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** The files' bytes of a layer; 0 for what is no tar. Reads all of it. */
  private static long layer(InputStream in, long length) throws IOException {
    if (length < BLOCK) {
      return skip(in, length);
    }
    byte[] head = in.readNBytes(BLOCK);
    long left = length - BLOCK;
    if (!isTar(head)) {
      return skip(in, left);
    }
    long sum = 0;
    while (isTar(head)) {
      long size = size(head);
      sum += isFile(head) ? size : 0;
      in.skipNBytes(size + padding(size));
      left -= size + padding(size);
      if (left < BLOCK) {
        break;
      }
      head = in.readNBytes(BLOCK);
      left -= BLOCK;
    }
    in.skipNBytes(left);
    return sum;
  }

  private static long skip(InputStream in, long length) throws IOException {
    in.skipNBytes(length);
    return 0;
  }

  private static boolean entry(InputStream in, byte[] head) throws IOException {
    int read = in.readNBytes(head, 0, BLOCK);
    if (read != 0 && read != BLOCK) {
      throw new EOFException("the archive is cut off");
    }
    return read == BLOCK && isTar(head);
  }

  private static boolean isTar(byte[] head) {
    return head.length == BLOCK
        && new String(head, MAGIC_AT, 5, StandardCharsets.US_ASCII).equals("ustar");
  }

  private static boolean isFile(byte[] head) {
    return head[TYPE_AT] == '0' || head[TYPE_AT] == 0;
  }

  private static long size(byte[] head) {
    String digits =
        new String(head, SIZE_AT, SIZE_DIGITS, StandardCharsets.US_ASCII).replace("\0", "").strip();
    return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
  }

  private static long padding(long size) {
    return (BLOCK - size % BLOCK) % BLOCK;
  }
}
