package dev.weft.cli.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.cli.cluster.KubeconfigUser;
import dev.weft.cli.cluster.KubeconfigUser.Certificate;
import dev.weft.cli.cluster.KubeconfigUser.Other;
import dev.weft.cli.cluster.KubeconfigUser.Proof;
import dev.weft.cli.cluster.KubeconfigUser.Token;
import dev.weft.testkit.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line that is printed, as text, and as a shell takes it. */
final class GrpcurlTest {
  private static final String KUBECONFIG = "/home/jane/.kube/config";

  @TempDir private Path folder;

  @Test
  void aTokenIsFetchedWhenTheCommandRunsAndIsNoArgument() {
    assertThat(command(new Token(null)))
        .isEqualTo(
            """
            WEFT_TOKEN=$(kubectl config view --raw --minify -o 'jsonpath={.users[0].user.token}' \
            --kubeconfig=/home/jane/.kube/config --context=here) \\
              grpcurl -cacert /tmp/ca.crt -authority weft-control-plane.weft-system.svc \\
              -expand-headers -H 'authorization: Bearer ${WEFT_TOKEN}' \\
              127.0.0.1:7700 list""");
    assertThat(command(new Token(Path.of("/var/run/token"))))
        .startsWith("WEFT_TOKEN=$(cat /var/run/token) \\\n  grpcurl -cacert ");
  }

  @Test
  void aCertificateIsAFileOrReadFromTheKubeconfig() {
    assertThat(command(new Certificate(Path.of("/pki/jane.crt"), Path.of("/pki/jane.key"))))
        .isEqualTo(
            """
            grpcurl -cacert /tmp/ca.crt -authority weft-control-plane.weft-system.svc \\
              -cert /pki/jane.crt \\
              -key /pki/jane.key \\
              127.0.0.1:7700 list""");
    assertThat(command(new Certificate(null, null)))
        .contains(
            "-cert <(kubectl config view --raw --minify -o"
                + " 'jsonpath={.users[0].user.client-certificate-data}'"
                + " --kubeconfig=/home/jane/.kube/config --context=here | base64 -d)")
        .contains(
            "-key <(kubectl config view --raw --minify -o"
                + " 'jsonpath={.users[0].user.client-key-data}'");
  }

  @Test
  void whatGrpcurlCannotShowIsATokenOfAServiceAccountInstead() {
    var grpcurl =
        grpcurl(new Other("the program aws"), Path.of("/tmp/ca.crt"), Path.of(KUBECONFIG));
    assertThat(grpcurl.command())
        .startsWith(
            "WEFT_TOKEN=$(kubectl create token default -n shop"
                + " --kubeconfig=/home/jane/.kube/config --context=here) \\\n  grpcurl ");
    assertThat(grpcurl.identity())
        .startsWith("as the service account default of namespace shop")
        .contains("the kubeconfig's proof of jane is the program aws")
        .contains("weft-view");
  }

  @Test
  void aShellMakesOfItWhatIsMeant() throws Exception {
    assumeTrue(
        Programs.find("bash") != null && Programs.find("kubectl") != null,
        "needs bash and kubectl");
    Path kubeconfig =
        Files.writeString(
            folder.resolve("jane's own.yaml"),
            """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443"}}]
            contexts: [{name: here, context: {cluster: c, user: jane}}]
            users:
            - name: jane
              user: {token: secret, client-certificate-data: Y2VydA==, client-key-data: a2V5}
            current-context: here
            """);
    Path ca = folder.resolve("it's $HOME.crt");

    assertThat(typed(grpcurl(new Token(null), ca, kubeconfig)))
        .containsExactly(
            "-cacert",
            ca.toString(),
            "-authority",
            "weft-control-plane.weft-system.svc",
            "-expand-headers",
            "-H",
            "authorization: Bearer ${WEFT_TOKEN}",
            "127.0.0.1:7700",
            "list",
            "token secret");
    assertThat(typed(grpcurl(new Certificate(null, null), ca, kubeconfig)))
        .containsSubsequence("-cert", "cert", "-key", "key", "127.0.0.1:7700", "list", "token ");
  }

  /** What grpcurl is given: its arguments, files of the shell's by their content, the token. */
  private List<String> typed(Grpcurl command) throws IOException, InterruptedException {
    Path stand =
        Files.writeString(
            folder.resolve("grpcurl"),
            """
            #!/bin/sh
            for each; do
              case $each in
                /dev/fd/*) cat "$each"; echo ;;
                *) printf '%s\\n' "$each" ;;
              esac
            done
            echo "token $WEFT_TOKEN"
            """);
    assertThat(stand.toFile().setExecutable(true)).isTrue();
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-c", command.command()).redirectErrorStream(true);
    bash.environment().merge("PATH", folder.toString(), (path, first) -> first + ':' + path);
    Process process = bash.start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed.lines().toList();
  }

  private static String command(Proof proof) {
    return grpcurl(proof, Path.of("/tmp/ca.crt"), Path.of(KUBECONFIG)).command();
  }

  private static Grpcurl grpcurl(Proof proof, Path ca, Path kubeconfig) {
    return new Grpcurl(
        "127.0.0.1:7700",
        "weft-control-plane.weft-system.svc",
        ca,
        new KubeconfigUser(kubeconfig, "here", "jane", "shop", proof));
  }
}
