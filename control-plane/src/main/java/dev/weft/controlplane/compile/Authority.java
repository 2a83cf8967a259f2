package dev.weft.controlplane.compile;

import org.jspecify.annotations.Nullable;

/**
 * An authority as a caller addressed it, read from the caller's namespace: {@code catalog}, {@code
 * catalog.ns}, {@code catalog.ns.svc} or {@code catalog.ns.svc.<cluster domain>}, each with or
 * without a port. A value.
 *
 * @param port 0: none was given
 */
record Authority(String namespace, String service, int port) {
  private static final int MAX_LABEL = 63;

  /** Null when it has none of the forms: the mesh cannot know it. */
  static @Nullable Authority parse(String authority, String callerNamespace, String domain) {
    int colon = authority.lastIndexOf(':');
    int port = 0;
    if (colon >= 0) {
      port = port(authority.substring(colon + 1));
      if (port < 0) {
        return null;
      }
    }
    String[] labels = host(authority, domain).split("\\.", -1);
    if (labels.length > 2) {
      return null;
    }
    String namespace = labels.length == 2 ? labels[1] : callerNamespace;
    return isLabel(labels[0]) && isLabel(namespace)
        ? new Authority(namespace, labels[0], port)
        : null;
  }

  /**
   * The name of one endpoint of a service, as StatefulSets give it.
   *
   * @param port 0: none was given
   */
  record PodName(String namespace, String service, String hostname, int port) {}

  /**
   * An authority as an endpoint's own name: {@code web-0.web.shop}, {@code web-0.web.shop.svc} and
   * so on; {@code web-0.web} in the caller's namespace, where DNS looks first. Null when it has
   * none of these forms.
   */
  static @Nullable PodName parsePod(String authority, String callerNamespace, String domain) {
    int colon = authority.lastIndexOf(':');
    int port = colon < 0 ? 0 : port(authority.substring(colon + 1));
    String host = host(authority, domain);
    String[] labels = host.split("\\.", -1);
    boolean whole = labels.length == 3;
    String typed = colon < 0 ? authority : authority.substring(0, colon);
    boolean shortened = labels.length == 2 && typed.equals(host);
    if (port < 0 || !(whole || shortened)) {
      return null;
    }
    String namespace = whole ? labels[2] : callerNamespace;
    return isLabel(labels[0]) && isLabel(labels[1]) && isLabel(namespace)
        ? new PodName(namespace, labels[1], labels[0], port)
        : null;
  }

  /** The authority without its port, a final dot and the cluster's suffix. */
  static String host(String authority, String domain) {
    int colon = authority.lastIndexOf(':');
    String host = colon < 0 ? authority : authority.substring(0, colon);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    for (String suffix : new String[] {".svc." + domain, ".svc"}) {
      // Only "service.namespace" goes before it: "catalog.svc" is the service of the namespace svc.
      if (host.endsWith(suffix) && host.lastIndexOf('.', host.length() - suffix.length() - 1) > 0) {
        return host.substring(0, host.length() - suffix.length());
      }
    }
    return host;
  }

  /** -1 when it is none. */
  static int port(String digits) {
    if (digits.isEmpty() || digits.length() > 5) {
      return -1;
    }
    int port = 0;
    for (int i = 0; i < digits.length(); i++) {
      char digit = digits.charAt(i);
      if (digit < '0' || digit > '9') {
        return -1;
      }
      port = port * 10 + (digit - '0');
    }
    return port == 0 || port > 65535 ? -1 : port;
  }

  private static boolean isLabel(String label) {
    if (label.isEmpty() || label.length() > MAX_LABEL) {
      return false;
    }
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      boolean inside = i > 0 && i < label.length() - 1;
      if (!letter && !(c == '-' && inside)) {
        return false;
      }
    }
    return true;
  }
}
