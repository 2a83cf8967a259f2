package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.utility.DockerImageName;

/**
 * The image that containers with etcd are made of: the one that {@code WEFT_ETCD_IMAGE} names, else
 * one of the etcd that is installed here (nothing is pulled for it), else one of Debian's. Made
 * once per process. Stateless.
 */
final class EtcdImage {
  private static final String IMAGE_VARIABLE = "WEFT_ETCD_IMAGE";

  /** A library as ldd shows it: where it was found. */
  private static final Pattern LIBRARY = Pattern.compile("(?:=>)?\\s(/\\S+) \\(0x");

  private EtcdImage() {}

  /** A container of it that is not made yet. */
  static GenericContainer<?> newContainer() {
    String image = System.getenv(IMAGE_VARIABLE);
    return image != null
        ? new GenericContainer<>(DockerImageName.parse(image))
        : new GenericContainer<>(Made.IMAGE);
  }

  /** Holds what is made when it is needed. */
  private static final class Made {
    static final Future<String> IMAGE = make();

    private static Future<String> make() {
      Path installed = EtcdProcess.find();
      return installed == null ? ofDebian() : of(installed);
    }
  }

  private static ImageFromDockerfile ofDebian() {
    return new ImageFromDockerfile("weft-test-etcd", false)
        .withDockerfileFromBuilder(
            builder ->
                builder
                    .from("debian:stable-slim")
                    .run(
                        "apt-get update && apt-get install -y --no-install-recommends"
                            + " etcd-server && rm -rf /var/lib/apt/lists/*")
                    .build());
  }

  private static ImageFromDockerfile of(Path installed) {
    try {
      ImageFromDockerfile image = new ImageFromDockerfile("weft-test-etcd-installed", false);
      StringBuilder dockerfile = new StringBuilder("FROM scratch\n");
      add(image, dockerfile, installed, "/usr/bin/etcd");
      // A program that is linked statically has none, and ldd says so with a failure.
      Matcher libraries = LIBRARY.matcher(Programs.output("ldd", installed.toString()));
      while (libraries.find()) {
        add(image, dockerfile, Path.of(libraries.group(1)), libraries.group(1));
      }
      dockerfile.append("ENV PATH=/usr/bin\n");
      return image.withFileFromString("Dockerfile", dockerfile.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + installed, e);
    }
  }

  private static void add(ImageFromDockerfile image, StringBuilder dockerfile, Path file, String to)
      throws IOException {
    image.withFileFromPath("root" + to, file.toRealPath());
    dockerfile.append("COPY root").append(to).append(' ').append(to).append('\n');
  }
}
