package dev.weft.controlplane.source.self;

import java.util.List;

/** An instance that cannot be registered as it is. The message names every field that is wrong. */
public final class InvalidInstanceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidInstanceException(List<String> violations) {
    super(String.join("; ", violations));
  }
}
