package dev.weft.dist;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;

/** The name and tag of an image's archive. */
final class ImageTag {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int SIZE_AT = 124;
  private static final int SIZE_DIGITS = 11;
  private static final Set<String> NAMING = Set.of("index.json", "manifest.json");

  private ImageTag() {}

  /**
   * Changes it in place: the same image by another name.
   *
   * @param to as long as {@code from}
   */
  static void replace(Path archive, String from, String to) throws IOException {
    byte[] header = new byte[BLOCK];
    try (var tar = new RandomAccessFile(archive.toFile(), "rw")) {
      while (tar.read(header) == BLOCK && header[0] != 0) {
        String name = new String(header, 0, NAME_BYTES, StandardCharsets.US_ASCII).strip();
        name = name.substring(0, name.indexOf('\0') < 0 ? name.length() : name.indexOf('\0'));
        long size =
            Long.parseLong(new String(header, SIZE_AT, SIZE_DIGITS, StandardCharsets.US_ASCII), 8);
        long content = tar.getFilePointer();
        if (NAMING.contains(name)) {
          byte[] bytes = new byte[(int) size];
          tar.readFully(bytes);
          String text = new String(bytes, StandardCharsets.UTF_8).replace(from, to);
          tar.seek(content);
          tar.write(text.getBytes(StandardCharsets.UTF_8));
        }
        tar.seek(content + (size + BLOCK - 1) / BLOCK * BLOCK);
      }
    }
  }
}
