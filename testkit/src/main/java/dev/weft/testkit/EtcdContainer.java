package dev.weft.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.utility.DockerImageName;

/** An etcd in a container, for machines with Docker and without etcd. */
final class EtcdContainer implements EtcdNode {
  /** Names a ready image with an etcd on its PATH, for machines that cannot build one. */
  private static final String IMAGE_VARIABLE = "WEFT_ETCD_IMAGE";

  /** Where the folder with certificates is in the container. */
  static final String FILES = "/weft";

  private final Path directory;
  private final int port;
  private final List<String> command;
  private GenericContainer<?> container;

  EtcdContainer(Path directory, int port, List<String> arguments) {
    this.directory = directory;
    this.port = port;
    command = new ArrayList<>(List.of("etcd", "--data-dir=/etcd-data"));
    command.addAll(arguments);
    container = create();
  }

  static boolean available() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  private GenericContainer<?> create() {
    GenericContainer<?> created =
        newContainer()
            .withFileSystemBind(directory.toString(), FILES, BindMode.READ_ONLY)
            .withCommand(command.toArray(String[]::new));
    created.setPortBindings(List.of("127.0.0.1:" + port + ":" + port));
    return created;
  }

  private static GenericContainer<?> newContainer() {
    String image = System.getenv(IMAGE_VARIABLE);
    if (image != null) {
      return new GenericContainer<>(DockerImageName.parse(image));
    }
    return new GenericContainer<>(
        new ImageFromDockerfile("weft-test-etcd", false)
            .withDockerfileFromBuilder(
                builder ->
                    builder
                        .from("debian:stable-slim")
                        .run(
                            "apt-get update && apt-get install -y --no-install-recommends"
                                + " etcd-server && rm -rf /var/lib/apt/lists/*")
                        .build()));
  }

  @Override
  public void start() {
    if (container.getContainerId() == null) {
      container.start();
    } else {
      container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public void kill() {
    if (alive()) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public void removeData() {
    container.stop();
    container = create();
  }

  @Override
  public boolean alive() {
    return container.getContainerId() != null && container.isRunning();
  }

  @Override
  public String log() {
    return container.getLogs();
  }

  @Override
  public void close() {
    container.stop();
  }
}
