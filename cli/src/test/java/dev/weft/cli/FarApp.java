package dev.weft.cli;

import java.io.IOException;
import java.util.concurrent.Executors;

/** A {@link NamedApp} as a process of its own: {@code FarApp PORT NAME}. */
final class FarApp {
  private FarApp() {}

  public static void main(String... arguments) throws IOException {
    NamedApp.start(
        Integer.parseInt(arguments[0]), arguments[1], Executors.newCachedThreadPool(), () -> {});
  }
}
