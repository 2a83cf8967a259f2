package dev.weft.sidecar.tls;

import java.nio.file.Path;

/** One line that says which file is wrong, what is wrong with it and what was expected. */
public final class TlsFileException extends Exception {
  private static final long serialVersionUID = 1;

  TlsFileException(Path file, String problem) {
    super(file + ": " + problem);
  }

  TlsFileException(String problem) {
    super(problem);
  }
}
