package dev.weft.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.cluster.KubeconfigUser.Certificate;
import dev.weft.cli.cluster.KubeconfigUser.Other;
import dev.weft.cli.cluster.KubeconfigUser.Proof;
import dev.weft.cli.cluster.KubeconfigUser.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who a kubeconfig says that somebody is, and where the proof of it stands. */
final class KubeconfigUserTest {
  @TempDir private Path folder;

  @Test
  void whatProvesItIsFoundWhereItStands() throws IOException {
    assertThat(proof("token: secret")).isEqualTo(new Token(null));
    assertThat(proof("tokenFile: robot.token")).isEqualTo(new Token(folder.resolve("robot.token")));
    assertThat(proof("client-certificate-data: Y2VydA==, client-key-data: a2V5"))
        .isEqualTo(new Certificate(null, null));
    assertThat(proof("client-certificate: /pki/jane.crt, client-key: jane.key"))
        .isEqualTo(new Certificate(Path.of("/pki/jane.crt"), folder.resolve("jane.key")));
    assertThat(proof("client-certificate: jane.crt, client-key-data: a2V5"))
        .isEqualTo(new Certificate(folder.resolve("jane.crt"), null));
  }

  @Test
  void aTokenGoesBeforeACertificate() throws IOException {
    assertThat(proof("token: secret, client-certificate-data: Y2VydA==, client-key-data: a2V5"))
        .isEqualTo(new Token(null));
  }

  @Test
  void whatOnlyClientsOfKubernetesCanShowIsNamed() throws IOException {
    assertThat(
            proof("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks]}"))
        .isEqualTo(new Other("the program aws"));
    assertThat(proof("auth-provider: {name: oidc}")).isEqualTo(new Other("the provider oidc"));
    assertThat(proof("username: jane, password: secret")).isEqualTo(new Other("a password"));
    assertThat(proof("")).isEqualTo(new Other("nothing"));
  }

  @Test
  void theContextThatIsAskedForGoesBeforeTheCurrentOne() throws IOException {
    Path file = file("token: secret");
    KubeconfigUser current = KubeconfigUser.of(file.toFile(), null);
    assertThat(current.context()).isEqualTo("here");
    assertThat(current.name()).isEqualTo("jane");
    assertThat(current.namespace()).isEqualTo("default");

    KubeconfigUser other = KubeconfigUser.of(file.toFile(), "there");
    assertThat(other.context()).isEqualTo("there");
    assertThat(other.name()).isEqualTo("robot");
    assertThat(other.namespace()).isEqualTo("shop");
    assertThat(other.proof()).isEqualTo(new Other("nothing"));
  }

  private Proof proof(String user) throws IOException {
    return KubeconfigUser.of(file(user).toFile(), null).proof();
  }

  private Path file(String user) throws IOException {
    return Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443"}}]
        contexts:
        - {name: here, context: {cluster: c, user: jane}}
        - {name: there, context: {cluster: c, user: robot, namespace: shop}}
        users:
        - {name: jane, user: {%s}}
        current-context: here
        """
            .formatted(user));
  }
}
