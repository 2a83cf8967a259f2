package dev.weft.cli.cluster;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.Context;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import java.io.File;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who somebody is by a kubeconfig, and where what proves it stands, so that another program can
 * show the same. Holds no secret. Immutable.
 *
 * @param context the one that is used; empty: the file names none
 * @param name the user's in the file; empty: the context names none
 * @param namespace the context's
 */
public record KubeconfigUser(
    Path file, String context, String name, String namespace, Proof proof) {
  /** What the user shows to the API server. */
  public sealed interface Proof {}

  /**
   * A bearer token.
   *
   * @param file null: it stands in the kubeconfig
   */
  public record Token(@Nullable Path file) implements Proof {}

  /**
   * A client certificate with its key.
   *
   * @param file null: it stands in the kubeconfig
   * @param key null: it stands in the kubeconfig
   */
  public record Certificate(@Nullable Path file, @Nullable Path key) implements Proof {}

  /**
   * Something that only clients of Kubernetes can show.
   *
   * @param source for people, as in "the program aws"
   */
  public record Other(String source) implements Proof {}

  /**
   * Reads a file that is known to be usable.
   *
   * @param context null: the file's current one
   */
  static KubeconfigUser of(File file, @Nullable String context) {
    Config config = KubeConfigUtils.parseConfig(file);
    String wanted = text(context == null ? config.getCurrentContext() : context);
    Context used = null;
    for (NamedContext each : config.getContexts()) {
      if (wanted.equals(each.getName())) {
        used = each.getContext();
      }
    }
    String name = used == null ? "" : text(used.getUser());
    String namespace = used == null ? "" : text(used.getNamespace());
    AuthInfo shown = null;
    for (NamedAuthInfo each : config.getUsers()) {
      if (name.equals(each.getName())) {
        shown = each.getUser();
      }
    }
    Path absolute = file.toPath().toAbsolutePath();
    return new KubeconfigUser(
        absolute,
        wanted,
        name,
        namespace.isEmpty() ? "default" : namespace,
        shown == null ? new Other("nothing") : proof(absolute, shown));
  }

  /** As the control plane does: a token goes before a certificate. */
  private static Proof proof(Path kubeconfig, AuthInfo user) {
    if (!text(user.getTokenFile()).isEmpty()) {
      return new Token(kubeconfig.resolveSibling(user.getTokenFile()));
    }
    if (!text(user.getToken()).isEmpty()) {
      return new Token(null);
    }
    Path certificate =
        file(kubeconfig, user.getClientCertificateData(), user.getClientCertificate());
    if (certificate != null || !text(user.getClientCertificateData()).isEmpty()) {
      return new Certificate(
          certificate, file(kubeconfig, user.getClientKeyData(), user.getClientKey()));
    }
    if (user.getExec() != null) {
      return new Other("the program " + user.getExec().getCommand());
    }
    if (user.getAuthProvider() != null) {
      return new Other("the provider " + user.getAuthProvider().getName());
    }
    return new Other(text(user.getUsername()).isEmpty() ? "nothing" : "a password");
  }

  /** What stands in the kubeconfig itself goes before a file. */
  private static @Nullable Path file(
      Path kubeconfig, @Nullable String data, @Nullable String file) {
    return text(data).isEmpty() && !text(file).isEmpty()
        ? kubeconfig.resolveSibling(text(file))
        : null;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
