package dev.weft.sidecar.probe;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One probe of the application's, with the fields that a pod has for it (Kubernetes, core/v1
 * Probe): {@code httpGet}, {@code tcpSocket} or {@code grpc}, and {@code timeoutSeconds}.
 * Immutable.
 *
 * @param host empty: the pod's address
 * @param path of HTTP, with its query
 * @param headers of HTTP, name and value in turn
 * @param service of gRPC; empty: the server as a whole
 */
public record ProbeSpec(
    Kind kind,
    String host,
    int port,
    String path,
    List<String> headers,
    String service,
    int timeoutSeconds) {
  private static final int MAX_PORT = 65535;

  /** How it is carried out. */
  public enum Kind {
    HTTP,
    HTTPS,
    TCP,
    GRPC
  }

  public ProbeSpec {
    headers = List.copyOf(headers);
  }

  /**
   * Reads probes by name: {@code {"web/readyz": {"httpGet": {"path": "/ok", "port": 8080}}}}.
   *
   * @throws IllegalArgumentException which field is wrong, and what was expected
   */
  public static Map<String, ProbeSpec> parse(String json) {
    var probes = new LinkedHashMap<String, ProbeSpec>();
    Json.object(json).forEach((name, probe) -> probes.put(name, probe(name, probe)));
    return probes;
  }

  private static ProbeSpec probe(String name, @Nullable Object value) {
    Map<?, ?> probe = object(name, value);
    int timeout = probe.get("timeoutSeconds") == null ? 1 : number(name, probe, "timeoutSeconds");
    Object http = probe.get("httpGet");
    if (http != null) {
      return http(name + ".httpGet", object(name + ".httpGet", http), timeout);
    }
    Object tcp = probe.get("tcpSocket");
    if (tcp != null) {
      Map<?, ?> action = object(name + ".tcpSocket", tcp);
      return new ProbeSpec(
          Kind.TCP,
          text(name, action, "host"),
          port(name + ".tcpSocket", action),
          "",
          List.of(),
          "",
          timeout);
    }
    Object grpc = probe.get("grpc");
    if (grpc != null) {
      Map<?, ?> action = object(name + ".grpc", grpc);
      return new ProbeSpec(
          Kind.GRPC,
          "",
          port(name + ".grpc", action),
          "",
          List.of(),
          text(name, action, "service"),
          timeout);
    }
    throw new IllegalArgumentException(name + ": expected httpGet, tcpSocket or grpc");
  }

  private static ProbeSpec http(String field, Map<?, ?> action, int timeout) {
    String scheme = text(field, action, "scheme");
    if (!Set.of("", "HTTP", "HTTPS").contains(scheme)) {
      throw new IllegalArgumentException(
          field + ".scheme is \"" + scheme + "\": expected HTTP or HTTPS");
    }
    String path = text(field, action, "path");
    var headers = new ArrayList<String>();
    if (action.get("httpHeaders") instanceof List<?> list) {
      for (Object one : list) {
        Map<?, ?> header = object(field + ".httpHeaders", one);
        headers.add(line(field, text(field, header, "name")));
        headers.add(line(field, text(field, header, "value")));
      }
    }
    return new ProbeSpec(
        scheme.equals("HTTPS") ? Kind.HTTPS : Kind.HTTP,
        text(field, action, "host"),
        port(field, action),
        line(field, path.startsWith("/") ? path : "/" + path),
        headers,
        "",
        timeout);
  }

  private static String line(String field, String text) {
    if (text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0) {
      throw new IllegalArgumentException(field + " has a line break");
    }
    return text;
  }

  private static Map<?, ?> object(String field, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(field + ": expected an object");
  }

  private static String text(String field, Map<?, ?> in, String name) {
    Object value = in.get(name);
    if (value == null) {
      return "";
    }
    if (value instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(field + "." + name + ": expected a string");
  }

  private static int port(String field, Map<?, ?> in) {
    int port = number(field, in, "port");
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(
          field + ".port is " + port + ": expected 1 to 65535 (a name is resolved before)");
    }
    return port;
  }

  private static int number(String field, Map<?, ?> in, String name) {
    if (in.get(name) instanceof BigDecimal number) {
      try {
        int exact = number.intValueExact();
        if (exact > 0) {
          return exact;
        }
      } catch (ArithmeticException e) {
        // Said below, the same as for what is no number.
      }
    }
    throw new IllegalArgumentException(
        field + "." + name + ": expected a whole number above 0, not " + in.get(name));
  }
}
