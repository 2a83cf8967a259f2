package dev.weft.controlplane.source.self;

/** The instance was changed by others again and again while we tried; nothing was written. */
public final class ContendedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ContendedException(String what) {
    super(what + " is being changed by others; try again");
  }
}
