package dev.weft.cli.images;

import java.util.Locale;

/** The layers of an image, from what changes least to what changes most. */
enum Layer {
  /** The C library and what else the JVM loads from the system; users, names, {@code /tmp}. */
  SYSTEM,
  /** Programs of the system that the image runs, and their libraries. */
  TOOLS,
  /** The JVM with the modules that are needed. */
  RUNTIME,
  /** Jars of others, and native libraries. */
  LIBRARIES,
  /** Weft's own jars, and the argument file. */
  PROGRAM,
  /** The ahead-of-time cache, made with exactly the layers below. */
  CACHE;

  String display() {
    return name().toLowerCase(Locale.ROOT);
  }
}
