package dev.weft.cli.install;

/** The manifests cannot be printed; the message says why and what to do. */
final class InstallFailed extends RuntimeException {
  InstallFailed(String message) {
    super(message, null, false, false);
  }
}
