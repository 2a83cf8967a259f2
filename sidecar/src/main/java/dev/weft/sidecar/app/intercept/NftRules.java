package dev.weft.sidecar.app.intercept;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The rules as nftables reads them: one table of our own for both families, replaced as a whole in
 * one transaction. Pure.
 */
final class NftRules {
  /** Made first if it is not there, so that its removal never fails. */
  static final String UNDO =
      """
      table inet weft
      delete table inet weft
      """;

  private NftRules() {}

  static String of(Interception what) {
    var text = new StringBuilder(UNDO).append("table inet weft {\n");
    text.append("  chain outbound {\n")
        .append("    type nat hook output priority -100; policy accept;\n");
    boolean dns = what.dns().on();
    line(text, "meta l4proto != " + (dns ? "{ tcp, udp }" : "tcp") + " return");
    notOurs(text, what);
    networks(text, what);
    if (dns) {
      DnsRules.redirect(text, what.dns());
      line(text, "meta l4proto != tcp return");
    }
    line(text, "oifname \"lo\" return");
    line(text, "ip daddr { " + String.join(", ", Untouched.IPV4) + " } return");
    line(text, "ip6 daddr { " + String.join(", ", Untouched.IPV6) + " } return");
    line(text, "tcp dport " + Untouched.DNS_PORT + " return");
    ports(text, what.outboundPorts());
    line(text, "meta l4proto tcp redirect to :" + what.outboundPort());
    text.append("  }\n  chain inbound {\n")
        .append("    type nat hook prerouting priority -100; policy accept;\n")
        .append("    meta l4proto != tcp return\n");
    line(text, "iifname \"lo\" return");
    // What is only passed on by this machine is not for us.
    line(text, "fib daddr type != local return");
    line(
        text,
        "tcp dport " + Interception.FIRST_OWN_PORT + "-" + Interception.LAST_OWN_PORT + " return");
    ports(text, what.inboundPorts());
    line(text, "meta l4proto tcp redirect to :" + what.inboundPort());
    text.append("  }\n");
    if (dns) {
      DnsRules.zone(text, what);
    }
    return text.append("}\n").toString();
  }

  /** What the sidecar sends, and users who are excluded. */
  static void notOurs(StringBuilder text, Interception what) {
    line(text, "meta skuid " + Interception.SIDECAR_ID + " return");
    line(text, "meta skgid " + Interception.SIDECAR_ID + " return");
    if (!what.uids().isEmpty()) {
      line(text, "meta skuid " + set(what.uids(), String::valueOf) + " return");
    }
  }

  /** Networks that are excluded; one rule each: a set does not take those that overlap. */
  static void networks(StringBuilder text, Interception what) {
    what.networks().ipv4().forEach(one -> line(text, "ip daddr " + one + " return"));
    what.networks().ipv6().forEach(one -> line(text, "ip6 daddr " + one + " return"));
  }

  private static void ports(StringBuilder text, PortRanges ports) {
    if (!ports.isEmpty()) {
      line(text, "tcp dport " + set(ports.ranges(), range -> range.text("-")) + " return");
    }
  }

  static void line(StringBuilder text, String rule) {
    text.append("    ").append(rule).append('\n');
  }

  private static <T> String set(List<T> all, Function<T, String> text) {
    return all.stream().map(text).collect(Collectors.joining(", ", "{ ", " }"));
  }
}
