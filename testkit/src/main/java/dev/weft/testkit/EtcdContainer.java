package dev.weft.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** An etcd in a container, for machines with Docker and without etcd. */
final class EtcdContainer implements EtcdNode {
  private static final String IMAGE = "quay.io/coreos/etcd:v3.5.21";

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
        new GenericContainer<>(DockerImageName.parse(IMAGE))
            .withFileSystemBind(directory.toString(), FILES, BindMode.READ_ONLY)
            .withCommand(command.toArray(String[]::new));
    created.setPortBindings(List.of("127.0.0.1:" + port + ":" + port));
    return created;
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
