package dev.weft.cli.cluster;

import org.jspecify.annotations.Nullable;

/** The cluster cannot be reached, or does not have what was asked for. One line for a person. */
public final class ClusterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClusterException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
