package dev.weft.controlplane.source.self;

/** The name belongs to another source, which the message names. */
public final class NameOwnedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NameOwnedException(String message) {
    super(message);
  }
}
