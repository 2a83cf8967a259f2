package dev.weft.testkit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network.Ipam;
import java.util.concurrent.ThreadLocalRandom;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** A bridge of Docker's on which every member has an address that it keeps. For one thread. */
final class EtcdNetwork implements AutoCloseable {
  private static final int TRIES = 5;

  private final DockerClient docker = DockerClientFactory.instance().client();
  private String prefix = "";
  private final String id;

  /** Makes one. */
  EtcdNetwork() {
    id = create();
  }

  /** The address of a member. */
  String address(int member) {
    return prefix + (10 + member);
  }

  /** Has a container that is not made yet be on it. */
  void place(GenericContainer<?> container, String address) {
    container
        .withNetworkMode(id)
        .withCreateContainerCmdModifier(create -> create.withIpv4Address(address));
  }

  void disconnect(String container) {
    docker.disconnectFromNetworkCmd().withNetworkId(id).withContainerId(container).exec();
  }

  void connect(String container, String address) {
    docker
        .connectToNetworkCmd()
        .withNetworkId(id)
        .withContainerId(container)
        .withContainerNetwork(
            new ContainerNetwork()
                .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address)))
        .exec();
  }

  @Override
  public void close() {
    docker.removeNetworkCmd(id).exec();
  }

  private String create() {
    for (int attempt = 1; ; attempt++) {
      int third = ThreadLocalRandom.current().nextInt(1, 255);
      prefix = "10.213." + third + ".";
      try {
        return docker
            .createNetworkCmd()
            .withName("weft-etcd-" + ProcessHandle.current().pid() + "-" + System.nanoTime())
            .withDriver("bridge")
            .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(prefix + "0/24")))
            .exec()
            .getId();
      } catch (DockerException e) {
        // Somebody else may have these addresses.
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }
}
