package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import dev.weft.sidecar.discovery.ControlPlaneAddress;
import dev.weft.sidecar.discovery.DiscoverySettings;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.telemetry.Bound;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a sidecar is told once, at its start.
 *
 * @param service empty: that of a pod, which may stand behind several
 * @param address where peers reach the inbound listener, as registered
 * @param appPort 0: there is no application that could be called; nothing is registered then
 * @param appHealthPath null: a TCP connect tells whether the application is there
 * @param appProtocol what the application speaks, as in a Service's {@code appProtocol}; empty:
 *     what the registry says
 * @param stateDirectory null: nothing is kept for a restart
 * @param accessLog a file, {@code -} for standard output, or {@code off}
 * @param proxies peers whose connections begin with a PROXY header
 * @param tcpListens ports that lead to one destination each
 * @param drainSeconds how long requests under way may take when the sidecar ends
 */
public record SidecarOptions(
    String nodeId,
    String namespace,
    String service,
    Map<String, String> labels,
    List<ControlPlaneAddress> controlPlanes,
    List<String> dependencies,
    List<TcpListen> tcpListens,
    AddressRanges proxies,
    String bind,
    String outboundBind,
    String adminBind,
    String address,
    int outboundPort,
    int inboundPort,
    int adminPort,
    String appAddress,
    int appPort,
    @Nullable String appHealthPath,
    String appProtocol,
    int servicePort,
    List<String> locality,
    int weight,
    @Nullable Path stateDirectory,
    int workers,
    int maxHosts,
    String accessLog,
    String logLevel,
    int drainSeconds,
    HttpOptions http,
    TlsOptions tls,
    LimitOptions limits,
    InterceptOptions intercept,
    DnsOptions dns,
    AppConfigOptions appConfig) {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int MAX_PORT = 65535;

  private static final List<Flag> OWN_FLAGS =
      List.of(
          new Flag("node-id", "ID", "", "unique name of this instance; with --pod, the pod's"),
          new Flag("namespace", "NS", "default", "namespace of the service"),
          new Flag("service", "NAME", "", "service of the application; not needed with --pod"),
          new Flag("label", "K=V", "", "label of the instance; may be repeated"),
          new Flag("control-plane", "HOST:PORT[,...]", "127.0.0.1:7700", "control planes"),
          new Flag("dependency", "AUTHORITY", "", "host to subscribe to at once; repeatable"),
          new Flag(
              "tcp-listen",
              "[IP:]PORT=HOST[:PORT]",
              "",
              "port that leads to HOST, whatever is spoken; HOST * is the name in the TLS hello;"
                  + " repeatable"),
          new Flag(
              "proxy-protocol-from",
              "CIDR[,...]",
              "",
              "peers that begin with a PROXY header (v1 or v2), and are believed; repeatable"),
          new Flag("bind", "IP", LOOPBACK, "address of the inbound listener"),
          new Flag("outbound-bind", "IP", LOOPBACK, "address of the outbound listener"),
          new Flag("admin-bind", "IP", LOOPBACK, "address of the admin server"),
          new Flag("address", "IP", "", "address to register, if it is not --bind"),
          new Flag("outbound-port", "PORT", "15001", "where the application sends its requests"),
          new Flag("inbound-port", "PORT", "15006", "where peers send theirs"),
          new Flag("admin-port", "PORT", "15000", "health, metrics, configuration"),
          new Flag("app-address", "IP", LOOPBACK, "where the application listens"),
          new Flag("app-port", "PORT", "0", "its port; 0: it serves nothing"),
          new Flag("app-health-path", "PATH", "", "probed with GET; empty: TCP connect"),
          new Flag("app-protocol", "NAME", "", "http, h2c, grpc, tcp, ...; empty: as registered"),
          new Flag("service-port", "PORT", "80", "the service's port, as callers address it"),
          new Flag("locality", "REGION/ZONE/SUB", "", "where it runs"),
          new Flag("weight", "N", "100", "among the service's instances"),
          new Flag("state-dir", "DIR", "", "keeps the last good configuration for a restart"),
          new Flag("workers", "N", "1", "event loops that serve requests"),
          new Flag(
              "max-hosts",
              "N",
              String.valueOf(DiscoverySettings.DEFAULT_MAX_SUBSCRIPTIONS),
              "hosts in use at once"),
          new Flag("access-log", "FILE|-|off", "off", "JSON lines, one a request"),
          new Flag("log-level", "LEVEL", "info", "trace, debug, info, warning or error"),
          new Flag(
              "drain-seconds",
              "N",
              String.valueOf(Bound.DRAIN_TIME.millis() / 1000),
              "for requests under way when it ends"),
          new Flag("max-connections", "N", "0", "callers' connections; 0: as memory allows"),
          new Flag("max-requests", "N", "0", "requests under way; 0: no limit"),
          new Flag(
              "max-connection-age",
              "SECONDS",
              "0",
              "then a caller is told to connect anew; 0: never"));

  private static final List<Flag> FLAGS = allFlags();

  public SidecarOptions {
    labels = Map.copyOf(labels);
    controlPlanes = List.copyOf(controlPlanes);
    dependencies = List.copyOf(dependencies);
    tcpListens = List.copyOf(tcpListens);
    locality = List.copyOf(locality);
  }

  /**
   * Reads arguments and environment.
   *
   * @throws IllegalArgumentException one line that says which flag is wrong and what was expected
   */
  public static SidecarOptions parse(List<String> arguments, Map<String, String> environment) {
    var flags = new Flags(FLAGS, arguments, environment);
    InterceptOptions intercept = InterceptOptions.parse(flags);
    String bind = intercept.on() ? InterceptOptions.everywhere() : flags.text("bind");
    String address = flags.text("address");
    if (address.isEmpty()) {
      address = intercept.podAddress();
    }
    int appPort = flags.number("app-port", 0, MAX_PORT);
    if (address.isEmpty() && appPort != 0 && (bind.equals("0.0.0.0") || bind.equals("::"))) {
      throw new IllegalArgumentException(
          "--address is missing: with --bind " + bind + " peers must be told where to connect");
    }
    String healthPath = flags.text("app-health-path");
    if (!healthPath.isEmpty() && !healthPath.startsWith("/")) {
      throw new IllegalArgumentException(
          "--app-health-path is \"" + healthPath + "\": expected a path that begins with /");
    }
    return new SidecarOptions(
        intercept.pod().isEmpty() || !flags.text("node-id").isEmpty()
            ? dnsLabel("node-id", flags.required("node-id"))
            : intercept.pod(),
        dnsLabel("namespace", flags.text("namespace")),
        intercept.pod().isEmpty() || !flags.text("service").isEmpty()
            ? dnsLabel("service", flags.required("service"))
            : "",
        labels(flags.all("label")),
        ControlPlaneAddress.parse(flags.text("control-plane")),
        flags.all("dependency"),
        tcpListens(flags.all("tcp-listen")),
        proxies(flags.all("proxy-protocol-from")),
        bind,
        flags.text("outbound-bind"),
        flags.text("admin-bind"),
        address.isEmpty() ? bind : address,
        flags.number("outbound-port", 0, MAX_PORT),
        flags.number("inbound-port", 0, MAX_PORT),
        flags.number("admin-port", 0, MAX_PORT),
        intercept.on() && flags.text("app-address").equals(LOOPBACK)
            ? intercept.podAddress()
            : flags.text("app-address"),
        appPort,
        healthPath.isEmpty() ? null : healthPath,
        flags.text("app-protocol"),
        flags.number("service-port", 1, MAX_PORT),
        locality(flags.text("locality")),
        flags.number("weight", 1, 1_000_000),
        flags.path("state-dir"),
        flags.number("workers", 1, 64),
        flags.number("max-hosts", 1, 100_000),
        flags.text("access-log"),
        flags.text("log-level"),
        flags.number("drain-seconds", 0, 3600),
        HttpOptions.parse(flags),
        TlsOptions.parse(flags),
        new LimitOptions(
            flags.number("max-connections", 0, 1_000_000),
            flags.number("max-requests", 0, 1_000_000),
            flags.number("max-connection-age", 0, 86_400)),
        intercept,
        DnsOptions.parse(flags),
        AppConfigOptions.parse(flags));
  }

  /** Where the outbound listener is bound; ports of their own stay at {@link #outboundBind}. */
  public String outboundListen() {
    return intercept.on() ? bind : outboundBind;
  }

  /** The name of our own inbound configuration, below the namespace. */
  public String inboundName() {
    return intercept.pod().isEmpty() ? service : "pods/" + intercept.pod();
  }

  /** What is subscribed to at once: declared dependencies, and where own ports lead. */
  public List<String> subscriptions() {
    var all = new LinkedHashSet<>(dependencies);
    for (TcpListen one : tcpListens) {
      if (!one.byServerName()) {
        all.add(one.authority());
      }
    }
    return List.copyOf(all);
  }

  /** The text of {@code --help}. */
  public static String usage() {
    return Flags.usage("Usage: weft sidecar --node-id ID --service NAME [FLAGS]", FLAGS);
  }

  // Loops, here and below: the JDK's streams are a hundred classes that every start would load.
  private static List<Flag> allFlags() {
    var all = new ArrayList<>(OWN_FLAGS);
    all.addAll(HttpOptions.FLAGS);
    all.addAll(TlsOptions.FLAGS);
    all.addAll(InterceptOptions.FLAGS);
    all.addAll(DnsOptions.FLAGS);
    all.addAll(AppConfigOptions.FLAGS);
    return List.copyOf(all);
  }

  private static List<TcpListen> tcpListens(List<String> texts) {
    var all = new ArrayList<TcpListen>();
    for (String text : texts) {
      all.add(TcpListen.parse(text));
    }
    return all;
  }

  private static List<String> locality(String text) {
    String[] parts = text.split("/", -1);
    var all = new ArrayList<String>();
    for (int i = 0; i < 3; i++) {
      all.add(i < parts.length ? parts[i].trim() : "");
    }
    return all;
  }

  private static Map<String, String> labels(List<String> pairs) {
    var labels = new TreeMap<String, String>();
    for (String pair : pairs) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException("--label is \"" + pair + "\": expected NAME=VALUE");
      }
      labels.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return labels;
  }

  private static AddressRanges proxies(List<String> blocks) {
    try {
      return AddressRanges.parse(blocks);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--proxy-protocol-from is " + e.getMessage(), e);
    }
  }

  private static String dnsLabel(String flag, String value) {
    boolean good = !value.isEmpty() && value.length() <= 63;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean inner = i > 0 && i < value.length() - 1;
      good &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && inner);
    }
    if (!good) {
      throw new IllegalArgumentException(
          "--"
              + flag
              + " is \""
              + value
              + "\": expected up to 63 of a-z, 0-9 and, within, -, as in catalog-v1-0");
    }
    return value;
  }
}
