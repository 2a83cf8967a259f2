package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What a sidecar, and the step that redirects to it, are told of DNS. Each name server of {@code
 * resolv.conf} has a port of the sidecar's, so that a query goes on to the very one that it was
 * sent to, and who asks goes from one to the next as ever.
 *
 * @param port that of the first name server; the others' follow
 * @param nameServers in their order; none when it is off
 */
public record DnsOptions(int port, List<InetAddress> nameServers) {
  /** Where name servers listen. */
  public static final int NAME_SERVER_PORT = 53;

  /** Flags of the sidecar and of its {@code intercept} step. */
  public static final List<Flag> FLAGS =
      List.of(
          new Flag("dns", "on|off", "off", "answer DNS for names of the mesh; pass on the rest"),
          new Flag("dns-port", "PORT", "15053", "where, for the first name server; +1 a further"),
          new Flag("resolv-conf", "FILE", "/etc/resolv.conf", "names the original resolvers"));

  public DnsOptions {
    nameServers = List.copyOf(nameServers);
  }

  /**
   * Reads the flags, and the file if it is on.
   *
   * @throws IllegalArgumentException one line that says which flag is wrong
   */
  public static DnsOptions parse(Flags flags) {
    boolean on = flags.second("dns", "off", "on");
    int port = flags.number("dns-port", 1, 65535 - ResolvConf.MOST_NAME_SERVERS);
    return new DnsOptions(
        port, on ? ResolvConf.nameServers(flags.text("resolv-conf")) : new ArrayList<>());
  }

  public boolean on() {
    return !nameServers.isEmpty();
  }

  /** The sidecar's port for a name server. */
  public int port(int nameServer) {
    return port + nameServer;
  }

  /** Where a name server listens itself. */
  public InetSocketAddress nameServer(int nameServer) {
    return new InetSocketAddress(nameServers.get(nameServer), NAME_SERVER_PORT);
  }
}
