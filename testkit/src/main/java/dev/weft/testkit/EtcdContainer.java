package dev.weft.testkit;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.testcontainers.containers.GenericContainer;

/** An etcd in a container, for machines with Docker and without etcd. */
final class EtcdContainer implements EtcdNode {
  /** Where the folder with certificates is in the container. */
  static final String FILES = "/weft";

  private static final String DATA = "/etcd-data";

  private final Path directory;
  private final Consumer<GenericContainer<?>> placement;
  private final DataFolder data;
  private final List<String> command;
  private GenericContainer<?> container;

  /**
   * @param placement gives each container its place in the network
   */
  EtcdContainer(Path directory, List<String> arguments, Consumer<GenericContainer<?>> placement) {
    this.directory = directory;
    this.placement = placement;
    data = new DataFolder(directory);
    command = new ArrayList<>(List.of("etcd", "--data-dir=" + DATA));
    command.addAll(arguments);
    container = create();
  }

  private GenericContainer<?> create() {
    String owner = makeData();
    GenericContainer<?> created =
        EtcdImage.newContainer()
            .withCreateContainerCmdModifier(create -> mount(create, owner))
            .withCommand(command.toArray(String[]::new));
    placement.accept(created);
    return created;
  }

  /** Past Testcontainers, which would pull an image to try out whether mounts work. */
  private void mount(CreateContainerCmd create, String owner) {
    HostConfig host = Objects.requireNonNull(create.getHostConfig());
    create.withHostConfig(
        host.withBinds(
            new Bind(directory.toString(), new Volume(FILES), AccessMode.ro),
            new Bind(data.path().toString(), new Volume(DATA), AccessMode.rw)));
    // Else its files would be another's, who alone could copy and delete them.
    create.withUser(owner);
  }

  private String makeData() {
    try {
      Files.createDirectories(data.path());
      Files.setPosixFilePermissions(data.path(), PosixFilePermissions.fromString("rwx------"));
      return Files.getAttribute(data.path(), "unix:uid") + ":0";
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + data.path(), e);
    }
  }

  /** As Docker knows the container. */
  String id() {
    return container.getContainerId();
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
  public void pause() {
    container.getDockerClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void resume() {
    container.getDockerClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void makeData(Consumer<Path> maker) {
    container.stop();
    data.remove();
    maker.accept(data.path());
    container = create();
  }

  @Override
  public void removeData() {
    container.stop();
    data.remove();
    container = create();
  }

  @Override
  public void saveData() {
    data.save();
  }

  @Override
  public void restoreData() {
    container.stop();
    data.restore();
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
    DataFolder.delete(directory);
  }
}
