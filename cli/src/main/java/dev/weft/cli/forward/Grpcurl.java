package dev.weft.cli.forward;

import dev.weft.cli.cluster.KubeconfigUser;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The command line, for bash and zsh, by which grpcurl calls the control plane as the user of a
 * kubeconfig. Pure: no secret is in it, {@code kubectl} fetches that when the line is run, and it
 * does not become an argument of a process.
 *
 * @param address of the port that leads there
 * @param authority the name of the control plane's certificate
 * @param trusted the file with who signs that
 */
record Grpcurl(String address, String authority, Path trusted, KubeconfigUser user) {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:=@%+,-]+");
  private static final String CONTINUED = " \\\n  ";
  private static final String BEARER =
      "-expand-headers -H 'authorization: Bearer ${WEFT_TOKEN}'" + CONTINUED;

  /** One command, over several lines, without the last one's end. */
  String command() {
    return switch (user.proof()) {
      case KubeconfigUser.Token token -> bearing(printing(token.file()));
      case KubeconfigUser.Certificate certificate ->
          call(
              "-cert "
                  + file(certificate.file(), "client-certificate-data")
                  + CONTINUED
                  + "-key "
                  + file(certificate.key(), "client-key-data")
                  + CONTINUED);
      case KubeconfigUser.Other _ ->
          bearing("kubectl create token default -n " + quoted(user.namespace()) + kubeconfig());
    };
  }

  /** As whom it calls, for people. */
  String identity() {
    String name = user.name().isEmpty() ? "the kubeconfig" : user.name();
    return switch (user.proof()) {
      case KubeconfigUser.Token _ -> "as " + name + ", by the kubeconfig's token";
      case KubeconfigUser.Certificate _ ->
          "as " + name + ", by the kubeconfig's client certificate";
      case KubeconfigUser.Other other ->
          "as the service account default of namespace "
              + user.namespace()
              + ", because the kubeconfig's proof of "
              + name
              + " is "
              + other.source()
              + ", which grpcurl cannot use: put another account in its place, one with the"
              + " ClusterRole weft-view say";
    };
  }

  private String bearing(String printsToken) {
    return "WEFT_TOKEN=$(" + printsToken + ")" + CONTINUED + call(BEARER);
  }

  private String call(String identity) {
    return "grpcurl -cacert "
        + quoted(trusted.toString())
        + " -authority "
        + quoted(authority)
        + CONTINUED
        + identity
        + address
        + " list";
  }

  /** The command that prints a token. */
  private String printing(@Nullable Path file) {
    return file == null ? field("token") : "cat " + quoted(file.toString());
  }

  private String file(@Nullable Path file, String field) {
    return file == null ? "<(" + field(field) + " | base64 -d)" : quoted(file.toString());
  }

  private String field(String name) {
    return "kubectl config view --raw --minify -o 'jsonpath={.users[0].user."
        + name
        + "}'"
        + kubeconfig();
  }

  private String kubeconfig() {
    return " --kubeconfig="
        + quoted(user.file().toString())
        + (user.context().isEmpty() ? "" : " --context=" + quoted(user.context()));
  }

  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
