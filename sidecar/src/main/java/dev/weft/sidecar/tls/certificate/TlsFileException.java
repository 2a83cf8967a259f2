package dev.weft.sidecar.tls.certificate;

import java.nio.file.Path;

/** One line that says which file is wrong, what is wrong with it and what was expected. */
public final class TlsFileException extends Exception {
  private static final long serialVersionUID = 1;

  /** Of that file. */
  public TlsFileException(Path file, String problem) {
    super(file + ": " + problem);
  }

  /** Of no file of its own. */
  public TlsFileException(String problem) {
    super(problem);
  }
}
