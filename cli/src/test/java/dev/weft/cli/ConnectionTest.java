package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc.MeshServiceImplBase;
import dev.weft.proto.mesh.v1.NodeConfig;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Trouble;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

final class ConnectionTest {
  @Test
  void nobodyListeningIsSaidWithTheAddressAndWhatToDo() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("proxy-status", "--control-plane", "127.0.0.1:" + closed)).isEqualTo(1);
      assertThat(cli.err)
          .startsWith("error: no control plane answers at 127.0.0.1:" + closed + " (")
          .contains("Connection refused")
          .contains("weft control-plane")
          .contains("WEFT_CONTROL_PLANE")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void anAddressWithoutAPortIsMisuse() throws IOException {
    try (Cli cli = new Cli()) {
      assertThat(cli.bare("proxy-status", "--control-plane", "localhost")).isEqualTo(2);
      assertThat(cli.err).contains("'localhost' is not HOST:PORT");
    }
  }

  @Test
  void aServerThatIsNoControlPlaneIsSaidToBeNone() throws IOException {
    try (Cli cli = new Cli()) {
      assertThat(cli.weft("proxy-status")).isEqualTo(1);
      assertThat(cli.err).contains("no Weft control plane");
    }
  }

  @Test
  void aSidecarThatRefusedIsShownWithItsReason() throws IOException {
    NodeStatus refusing =
        NodeStatus.newBuilder()
            .setNode(Node.newBuilder().setId("frontend-0").setNamespace("default"))
            .setState(NodeStatus.SyncState.REJECTED)
            .setLastRejection(
                Rejection.newBuilder()
                    .setResource(
                        ResourceName.newBuilder()
                            .setKind(ResourceKind.CLUSTER)
                            .setName("catalog.default:80"))
                    .setFieldPath("port")
                    .setMessage("0 is no port"))
            .addTroubles(
                Trouble.newBuilder()
                    .setPeer("default/frontend-0")
                    .setAddress("10.0.0.7:4711")
                    .setLimit("refusals")
                    .setMessage("refuses again and again what it is sent (limit refusals)")
                    .setTimes(3)
                    .setFirstAtMillis(System.currentTimeMillis() - 300_000)
                    .setLastAtMillis(System.currentTimeMillis()))
            .build();
    Trouble gone =
        Trouble.newBuilder()
            .setPeer("10.0.0.9:4712")
            .setAddress("10.0.0.9:4712")
            .setLimit("malformed")
            .setMessage("a message cannot be read (limit malformed)")
            .setTimes(1)
            .setLastAtMillis(System.currentTimeMillis())
            .build();
    MeshServiceImplBase mesh =
        new MeshServiceImplBase() {
          @Override
          public void listNodes(
              ListNodesRequest request, StreamObserver<ListNodesResponse> observer) {
            observer.onNext(
                ListNodesResponse.newBuilder().addNodes(refusing).addTroubles(gone).build());
            observer.onCompleted();
          }

          @Override
          public void getNodeConfig(
              GetNodeConfigRequest request, StreamObserver<NodeConfig> observer) {
            observer.onError(Status.NOT_FOUND.asRuntimeException());
          }
        };
    try (Cli cli = new Cli(mesh)) {
      assertThat(cli.weft("proxy-status")).isZero();
      assertThat(cli.out)
          .contains("REJECTED")
          .contains("frontend-0 refused CLUSTER catalog.default:80 at port")
          .contains("0 is no port")
          .contains("default/frontend-0 (10.0.0.7:4711) refuses again and again")
          .contains("[3 times since 5m ago, last 0s ago]")
          .contains("\n10.0.0.9:4712 a message cannot be read (limit malformed) [0s ago]\n");

      assertThat(cli.weft("config", "nobody")).isEqualTo(1);
      assertThat(cli.err).contains("no sidecar 'nobody' is connected").contains("proxy-status");
    }
  }

  @Test
  void everyCommandHasHelp() throws IOException {
    try (Cli cli = new Cli()) {
      for (String command :
          new String[] {
            "apply",
            "validate",
            "delete",
            "get",
            "registry",
            "proxy-status",
            "port-forward",
            "config",
            "version"
          }) {
        assertThat(cli.bare(command, "--help")).as(command).isZero();
        assertThat(cli.out).contains("Usage: weft " + command);
      }
      assertThat(cli.bare("aply")).isEqualTo(2);
      assertThat(cli.err).contains("Did you mean").contains("apply");
    }
  }
}
