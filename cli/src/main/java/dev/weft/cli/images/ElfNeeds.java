package dev.weft.cli.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program or a library says that the loader is to load with it (System V ABI, "Program
 * Loading and Dynamic Linking"): its loader, and libraries by name. Of another kind of machine
 * nothing can be asked by running it.
 *
 * @param loader its path; empty: none is named, as in a library
 */
record ElfNeeds(String loader, List<String> libraries) {
  private static final int IDENT_CLASS = 4;
  private static final int IDENT_DATA = 5;
  private static final int CLASS_64 = 2;
  private static final int DATA_LITTLE_ENDIAN = 1;
  private static final int HEADER = 64;
  private static final int LOAD = 1;
  private static final int DYNAMIC = 2;
  private static final int INTERPRETER = 3;
  private static final long NEEDED = 1;
  private static final long STRINGS = 5;
  private static final int ENTRY = 16;

  ElfNeeds {
    libraries = List.copyOf(libraries);
  }

  /** Reads a file of 64 bits, little-endian; others need nothing that is known here. */
  static ElfNeeds of(byte[] bytes) {
    if (bytes.length < HEADER
        || bytes[IDENT_CLASS] != CLASS_64
        || bytes[IDENT_DATA] != DATA_LITTLE_ENDIAN) {
      return new ElfNeeds("", List.of());
    }
    return new Reading(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).all();
  }

  private record Reading(ByteBuffer file) {
    ElfNeeds all() {
      String loader = "";
      List<String> libraries = List.of();
      for (int i = 0; i < programs(); i++) {
        int type = file.getInt(program(i));
        if (type == INTERPRETER) {
          loader = text(file.getLong(program(i) + 8));
        } else if (type == DYNAMIC) {
          libraries = needed(file.getLong(program(i) + 8), file.getLong(program(i) + 32));
        }
      }
      return new ElfNeeds(loader, libraries);
    }

    private List<String> needed(long offset, long size) {
      var names = new ArrayList<Long>();
      long strings = 0;
      for (long at = offset; at < offset + size; at += ENTRY) {
        long tag = file.getLong(Math.toIntExact(at));
        long value = file.getLong(Math.toIntExact(at + 8));
        if (tag == NEEDED) {
          names.add(value);
        } else if (tag == STRINGS) {
          strings = inFile(value);
        }
      }
      long table = strings;
      return names.stream().map(name -> text(table + name)).toList();
    }

    /** Where in the file is what will be at that address. */
    private long inFile(long address) {
      for (int i = 0; i < programs(); i++) {
        long begin = file.getLong(program(i) + 16);
        long length = file.getLong(program(i) + 32);
        if (file.getInt(program(i)) == LOAD && begin <= address && address < begin + length) {
          return address - begin + file.getLong(program(i) + 8);
        }
      }
      return address;
    }

    private String text(long offset) {
      int end = Math.toIntExact(offset);
      while (file.get(end) != 0) {
        end++;
      }
      byte[] text = new byte[end - Math.toIntExact(offset)];
      file.get(Math.toIntExact(offset), text);
      return new String(text, StandardCharsets.US_ASCII);
    }

    private int programs() {
      return Short.toUnsignedInt(file.getShort(56));
    }

    private int program(int index) {
      int size = Short.toUnsignedInt(file.getShort(54));
      return Math.toIntExact(file.getLong(32) + (long) index * size);
    }
  }
}
