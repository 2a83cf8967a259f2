package dev.weft.cli.images;

/** An image could not be made; the message says what was wrong and what to do. */
final class ImagesFailed extends RuntimeException {
  ImagesFailed(String message) {
    super(message, null, false, false);
  }
}
