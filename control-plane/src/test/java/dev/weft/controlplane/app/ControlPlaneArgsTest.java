package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of a control plane. */
class ControlPlaneArgsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --etcd-secret s                                    | --etcd-secret is only for --store etcd
          --store etcd --etcd-secret s --etcd-ca ca          | --etcd-secret stands instead of --etcd-ca, --etcd-cert and --etcd-key
          --store etcd --etcd-secret s --kubernetes off      | --etcd-secret needs a cluster that keeps it: run in a pod, or name one with --kubeconfig
          --store etcd --etcd-secret s --kubeconfig k        | --etcd-secret needs --etcd-endpoints that begin with https://
          --store etcd --etcd-cert c                         | etcd needs a client certificate and its key, or neither
          --store etcd --etcd-ca c                           | certificates are given for etcd, but its endpoints are http: [http://127.0.0.1:2379]; use https
          --store etcd --data-dir d                          | --data-dir is only for --store embedded
          --store redis                                      | --store is "redis", expected embedded or etcd
          --tls-key k                                        | --tls-cert and --tls-key belong together
          --instance-ttl 1ms                                 | --instance-ttl is 1ms, expected 500ms to 1h
          --grpc-port                                        | --grpc-port needs a value
          """)
  void whatDoesNotFitTogetherIsSaid(String line, String said) {
    assertThatThrownBy(() -> ControlPlaneArgs.parse(line.split(" ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(said);
  }

  @Test
  void anOptionThatIsNotKnownIsAnsweredWithThoseThatAre() {
    assertThatThrownBy(() -> ControlPlaneArgs.parse("--etcd-tls=on"))
        .hasMessageStartingWith("unknown option \"--etcd-tls\", expected one of ")
        .hasMessageContaining("--etcd-secret");
  }

  @Test
  void theHelpNamesEveryOption() {
    List<String> named =
        ControlPlaneArgs.USAGE
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("--") && !line.startsWith("--help"))
            .map(line -> line.split(" ")[0])
            .sorted()
            .toList();
    assertThatThrownBy(() -> ControlPlaneArgs.parse("--none"))
        .hasMessage("unknown option \"--none\", expected one of " + String.join(" ", named));
  }

  @Test
  void theSecretOfACluster() {
    ControlPlaneOptions options =
        ControlPlaneArgs.parse(
            "--store=etcd",
            "--etcd-endpoints=https://a:2379,https://b:2379",
            "--etcd-secret=weft-etcd",
            "--kubeconfig=k");
    assertThat(options.store())
        .isInstanceOfSatisfying(
            StoreOptions.Etcd.class, etcd -> assertThat(etcd.secret()).isEqualTo("weft-etcd"));
  }
}
