package dev.weft.cli.images;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a tar archive that depends on names, modes and content alone: owner 0, one time for all
 * (POSIX.1-1988 "ustar" headers, which every reader knows).
 */
final class TarWriter implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int NAME = 100;
  private static final int PREFIX = 155;
  private static final int FILE_MODE = 0644;
  private static final int PROGRAM_MODE = 0755;

  private final OutputStream out;

  TarWriter(OutputStream out) {
    this.out = out;
  }

  void directory(String name, int mode) throws IOException {
    header(name + "/", mode, 0, '5', "");
  }

  void link(String name, String target) throws IOException {
    header(name, 0777, 0, '2', target);
  }

  void file(String name, byte[] content) throws IOException {
    header(name, FILE_MODE, content.length, '0', "");
    out.write(content);
    pad(content.length);
  }

  void file(String name, Path content) throws IOException {
    long size = Files.size(content);
    header(name, Files.isExecutable(content) ? PROGRAM_MODE : FILE_MODE, size, '0', "");
    Files.copy(content, out);
    pad(size);
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
  }

  private void header(String name, int mode, long size, char type, String link) throws IOException {
    byte[] block = new byte[BLOCK];
    String prefix = "";
    String rest = name;
    if (name.length() > NAME) {
      // The name is split at a slash that leaves both parts short enough.
      int slash = name.indexOf('/', name.length() - NAME - 1);
      if (slash < 0 || slash > PREFIX || slash == name.length() - 1) {
        throw new ImagesFailed("the path " + name + " is too long for an archive");
      }
      prefix = name.substring(0, slash);
      rest = name.substring(slash + 1);
    }
    put(block, 0, rest);
    octal(block, 100, 8, mode);
    octal(block, 108, 8, 0);
    octal(block, 116, 8, 0);
    octal(block, 124, 12, size);
    octal(block, 136, 12, RootFileSystem.TIME.getEpochSecond());
    block[156] = (byte) type;
    put(block, 157, link);
    put(block, 257, "ustar");
    put(block, 263, "00");
    put(block, 345, prefix);
    // The sum is taken with spaces in its own place.
    for (int i = 148; i < 156; i++) {
      block[i] = ' ';
    }
    int sum = 0;
    for (byte each : block) {
      sum += each & 0xff;
    }
    octal(block, 148, 7, sum);
    out.write(block);
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  /** Digits and a zero byte, {@code width} in all. */
  private static void octal(byte[] block, int at, int width, long value) {
    String digits = Long.toOctalString(value);
    put(block, at, "0".repeat(width - 1 - digits.length()) + digits);
    block[at + width - 1] = 0;
  }

  /** The two empty blocks at the end. */
  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }
}
