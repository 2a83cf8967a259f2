package dev.weft.controlplane.registry.store.etcd;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to reach an etcd cluster. Immutable.
 *
 * @param endpoints one or more, {@code http://host:port} or {@code https://host:port}, all of one
 *     kind
 * @param root what all keys begin with, {@code /weft/} by default; ends with a slash
 * @param user whom to authenticate as, or null
 * @param password the user's, or null
 * @param certificates whom to trust and what to show; null for the authorities that the JDK trusts,
 *     and nothing
 * @param timeout how long a call may take, reconnecting included
 */
public record EtcdOptions(
    List<URI> endpoints,
    String root,
    @Nullable String user,
    @Nullable String password,
    @Nullable EtcdTls certificates,
    Duration timeout) {
  private static final String DEFAULT_ROOT = "/weft/";
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
  private static final int DEFAULT_PORT = 2379;

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException saying which does not
   */
  public EtcdOptions {
    endpoints = List.copyOf(endpoints);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException(
          "etcd needs one endpoint or more, for example http://127.0.0.1:2379");
    }
    for (URI endpoint : endpoints) {
      boolean known = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
      if (!known || endpoint.getHost() == null || endpoint.getPort() < 0) {
        throw new IllegalArgumentException(
            "etcd endpoint "
                + endpoint
                + " is not of the form http://host:port or https://host:port");
      }
      if (!endpoint.getScheme().equals(endpoints.getFirst().getScheme())) {
        throw new IllegalArgumentException(
            "etcd endpoints must be all http or all https: " + endpoints);
      }
    }
    if (!root.endsWith("/")) {
      throw new IllegalArgumentException(
          "the root of keys in etcd must end with a slash, not " + root);
    }
    if ((user == null) != (password == null)) {
      throw new IllegalArgumentException("etcd needs a user and a password, or neither");
    }
    if (certificates != null && !tls(endpoints)) {
      throw new IllegalArgumentException(
          "certificates are given for etcd, but its endpoints are http: "
              + endpoints
              + "; use https");
    }
  }

  /**
   * Options for endpoints, with all else by default.
   *
   * @param endpoints separated by commas; {@code host} and {@code host:port} are taken as http,
   *     port 2379
   * @throws IllegalArgumentException if one is not an endpoint
   */
  public static EtcdOptions of(String endpoints) {
    List<URI> parsed =
        java.util.Arrays.stream(endpoints.split(","))
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .map(EtcdOptions::endpoint)
            .toList();
    return new EtcdOptions(parsed, DEFAULT_ROOT, null, null, null, DEFAULT_TIMEOUT);
  }

  private static URI endpoint(String text) {
    URI uri = URI.create(text.contains("://") ? text : "http://" + text);
    return uri.getHost() != null && uri.getPort() < 0
        ? URI.create(uri.getScheme() + "://" + uri.getHost() + ":" + DEFAULT_PORT)
        : uri;
  }

  /** These options with another root. */
  public EtcdOptions withRoot(String newRoot) {
    return new EtcdOptions(endpoints, newRoot, user, password, certificates, timeout);
  }

  /** These options with a user. */
  public EtcdOptions withUser(String newUser, String newPassword) {
    return new EtcdOptions(endpoints, root, newUser, newPassword, certificates, timeout);
  }

  /** These options with TLS: who to trust, and what to show, if anything. */
  public EtcdOptions withTls(@Nullable EtcdTls newTls) {
    return new EtcdOptions(endpoints, root, user, password, newTls, timeout);
  }

  /** These options with another deadline for calls. */
  public EtcdOptions withTimeout(Duration newTimeout) {
    return new EtcdOptions(endpoints, root, user, password, certificates, newTimeout);
  }

  /** Whether etcd is spoken to with TLS. */
  public boolean tls() {
    return tls(endpoints);
  }

  private static boolean tls(List<URI> endpoints) {
    return "https".equals(endpoints.getFirst().getScheme());
  }

  /** The endpoints as people write them. */
  String names() {
    return String.join(",", endpoints.stream().map(URI::toString).toList());
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "EtcdOptions[" + names() + ", root=" + root + ", user=" + user + "]";
  }
}
