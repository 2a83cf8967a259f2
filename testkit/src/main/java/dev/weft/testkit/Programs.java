package dev.weft.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Programs of this machine that tests run beside Weft. Stateless. */
public final class Programs {
  private Programs() {}

  /** Where a program is on the PATH; null if it is not. */
  public static @Nullable Path find(String name) {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(Pattern.quote(File.pathSeparator))) {
      Path candidate = Path.of(folder).resolve(name);
      if (!folder.isEmpty() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return null;
  }
}
