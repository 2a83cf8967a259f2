package dev.weft.cli.images;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Takes from a program or a library what only debuggers read: the table of all its symbols and
 * their names (System V ABI, "Sections"), which is a sixth of the JVM's library. What the loader
 * reads is another table and stays. Done here, so that the same JDK gives the same bytes whichever
 * {@code objcopy} a machine has.
 */
final class ElfSymbols {
  private static final int IDENT_CLASS = 4;
  private static final int IDENT_DATA = 5;
  private static final int CLASS_64 = 2;
  private static final int DATA_LITTLE_ENDIAN = 1;
  private static final int HEADER = 64;
  private static final int SECTION = 64;
  private static final int SYMBOLS = 2;
  private static final int EXTENDED_INDICES = 18;
  private static final int NO_BITS = 8;
  private static final long INFO_IS_SECTION = 0x40;
  private static final int RELOCATIONS_WITH_ADDENDS = 4;
  private static final int RELOCATIONS = 9;

  private final byte[] bytes;
  private final ByteBuffer file;
  private final int sections;
  private final int names;
  private final Set<Integer> dropped = new HashSet<>();

  private ElfSymbols(byte[] bytes) {
    this.bytes = bytes;
    file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    sections = Short.toUnsignedInt(file.getShort(60));
    names = Short.toUnsignedInt(file.getShort(62));
  }

  /** Rewrites the file without them; one that has none, or has them elsewhere, stays as it is. */
  static void strip(Path binary) throws IOException {
    byte[] bytes = Files.readAllBytes(binary);
    byte[] stripped = strip(bytes);
    if (stripped.length < bytes.length) {
      Files.write(binary, stripped);
    }
  }

  static byte[] strip(byte[] bytes) {
    if (bytes.length < HEADER
        || bytes[IDENT_CLASS] != CLASS_64
        || bytes[IDENT_DATA] != DATA_LITTLE_ENDIAN) {
      return bytes;
    }
    var elf = new ElfSymbols(bytes);
    return elf.choose() ? elf.without() : bytes;
  }

  /** Finds what is to go; false: nothing, or something else needs it. */
  private boolean choose() {
    for (int i = 0; i < sections; i++) {
      if (type(i) == SYMBOLS) {
        dropped.add(i);
        if (link(i) != names) {
          dropped.add(link(i));
        }
      } else if (type(i) == EXTENDED_INDICES) {
        dropped.add(i);
      }
    }
    if (dropped.isEmpty()) {
      return false;
    }
    long end = end();
    for (int i = 0; i < sections; i++) {
      boolean linked = link(i) >= sections || (link(i) != 0 && dropped.contains(link(i)));
      if (dropped.contains(i) ? offset(i) < end : linked) {
        return false;
      }
    }
    return true;
  }

  /** Where the last byte is that stays, but for the sections' names and table. */
  private long end() {
    long end = HEADER;
    int programs = Short.toUnsignedInt(file.getShort(56));
    int size = Short.toUnsignedInt(file.getShort(54));
    long first = file.getLong(32);
    for (int i = 0; i < programs; i++) {
      int at = Math.toIntExact(first + (long) i * size);
      end = Math.max(end, file.getLong(at + 8) + file.getLong(at + 32));
      end = Math.max(end, (long) at + size);
    }
    for (int i = 0; i < sections; i++) {
      if (!dropped.contains(i) && i != names && type(i) != NO_BITS) {
        end = Math.max(end, offset(i) + size(i));
      }
    }
    return end;
  }

  private byte[] without() {
    int[] moved = new int[sections];
    int kept = 0;
    for (int i = 0; i < sections; i++) {
      moved[i] = dropped.contains(i) ? 0 : kept++;
    }
    int end = Math.toIntExact(end());
    int namesSize = Math.toIntExact(size(names));
    int table = (end + namesSize + 7) & ~7;
    ByteBuffer out =
        ByteBuffer.wrap(Arrays.copyOf(Arrays.copyOf(bytes, end), table + kept * SECTION))
            .order(ByteOrder.LITTLE_ENDIAN);
    out.put(end, bytes, Math.toIntExact(offset(names)), namesSize);
    int at = table;
    for (int i = 0; i < sections; i++) {
      if (!dropped.contains(i)) {
        out.put(at, bytes, header(i), SECTION);
        out.putInt(at + 40, moved[link(i)]);
        if (infoIsSection(i)) {
          out.putInt(at + 44, moved[file.getInt(header(i) + 44)]);
        }
        if (i == names) {
          out.putLong(at + 24, end);
        }
        at += SECTION;
      }
    }
    out.putLong(40, table);
    out.putShort(60, (short) kept);
    out.putShort(62, (short) moved[names]);
    return out.array();
  }

  private boolean infoIsSection(int section) {
    return (file.getLong(header(section) + 8) & INFO_IS_SECTION) != 0
        || type(section) == RELOCATIONS
        || type(section) == RELOCATIONS_WITH_ADDENDS;
  }

  private int header(int section) {
    return Math.toIntExact(file.getLong(40) + (long) section * SECTION);
  }

  private int type(int section) {
    return file.getInt(header(section) + 4);
  }

  private long offset(int section) {
    return file.getLong(header(section) + 24);
  }

  private long size(int section) {
    return file.getLong(header(section) + 32);
  }

  private int link(int section) {
    return file.getInt(header(section) + 40);
  }
}
