package dev.weft.cli.demo.process;

/** The demo cannot go on; the message says why. */
public final class DemoFailed extends RuntimeException {
  public DemoFailed(String message) {
    super(message);
  }
}
