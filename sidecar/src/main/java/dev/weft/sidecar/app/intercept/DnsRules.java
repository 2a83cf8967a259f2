package dev.weft.sidecar.app.intercept;

import dev.weft.sidecar.app.options.DnsOptions;
import java.net.Inet4Address;
import java.net.InetAddress;

/** The part of the nftables rules that redirects DNS, a port for each name server. Pure. */
final class DnsRules {
  /**
   * What the kernel remembers of redirected queries is kept apart from what it knows of the
   * sidecar's own: a port that an application had a moment ago may be the sidecar's now, for the
   * same name server, and its query must not be taken for one more of the application's.
   */
  private static final int ZONE = 1053;

  private DnsRules() {}

  /** Redirects, wherever the name server is; loopback, too. */
  static void redirect(StringBuilder text, DnsOptions dns) {
    for (int i = 0; i < dns.nameServers().size(); i++) {
      String server = server(dns.nameServers().get(i));
      for (String protocol : new String[] {"udp", "tcp"}) {
        NftRules.line(
            text,
            server
                + ' '
                + protocol
                + " dport "
                + DnsOptions.NAME_SERVER_PORT
                + " redirect to :"
                + dns.port(i));
      }
    }
  }

  /** A chain of its own that puts queries and the sidecar's answers into the zone. */
  static void zone(StringBuilder text, Interception what) {
    DnsOptions dns = what.dns();
    text.append("  chain dns {\n")
        .append("    type filter hook output priority -300; policy accept;\n")
        .append("    meta l4proto != udp return\n");
    String answers =
        "udp sport "
            + dns.port(0)
            + '-'
            + dns.port(dns.nameServers().size() - 1)
            + " ct zone set "
            + ZONE;
    NftRules.line(text, "ip saddr 127.0.0.1 " + answers);
    NftRules.line(text, "ip6 saddr ::1 " + answers);
    NftRules.notOurs(text, what);
    NftRules.networks(text, what);
    for (InetAddress each : dns.nameServers()) {
      NftRules.line(
          text,
          server(each) + " udp dport " + DnsOptions.NAME_SERVER_PORT + " ct zone set " + ZONE);
    }
    text.append("  }\n");
  }

  private static String server(InetAddress address) {
    return (address instanceof Inet4Address ? "ip daddr " : "ip6 daddr ")
        + address.getHostAddress();
  }
}
