package dev.weft.cli.demo;

/** The demo cannot go on; the message says why. */
final class DemoFailed extends RuntimeException {
  DemoFailed(String message) {
    super(message);
  }
}
