package dev.weft.sidecar.app.intercept;

import java.util.ArrayList;
import java.util.List;

/**
 * The rules as {@code iptables-restore} reads them, for one family: chains of our own, filled in
 * one transaction, and a jump to each. Pure.
 */
final class IptablesRules {
  static final String OUTBOUND = "WEFT_OUTBOUND";
  static final String INBOUND = "WEFT_INBOUND";

  private IptablesRules() {}

  /**
   * The rules.
   *
   * @param jumpOutbound whether nothing leads to our chain yet
   */
  static String of(Interception what, boolean ipv6, boolean jumpOutbound, boolean jumpInbound) {
    var lines = new ArrayList<String>();
    lines.add("*nat");
    // With --noflush, naming a chain empties that one only.
    lines.add(":" + OUTBOUND + " - [0:0]");
    lines.add(":" + INBOUND + " - [0:0]");
    String out = "-A " + OUTBOUND + " ";
    lines.add(out + "-m owner --uid-owner " + Interception.SIDECAR_ID + " -j RETURN");
    lines.add(out + "-m owner --gid-owner " + Interception.SIDECAR_ID + " -j RETURN");
    what.uids().forEach(uid -> lines.add(out + "-m owner --uid-owner " + uid + " -j RETURN"));
    lines.add(out + "-o lo -j RETURN");
    var networks = new ArrayList<>(ipv6 ? Untouched.IPV6 : Untouched.IPV4);
    networks.addAll(ipv6 ? what.networks().ipv6() : what.networks().ipv4());
    networks.forEach(one -> lines.add(out + "-d " + one + " -j RETURN"));
    lines.add(out + "-p tcp --dport " + Untouched.DNS_PORT + " -j RETURN");
    ports(lines, out, what.outboundPorts());
    lines.add(out + "-p tcp -j REDIRECT --to-ports " + what.outboundPort());
    String in = "-A " + INBOUND + " ";
    lines.add(in + "-i lo -j RETURN");
    lines.add(in + "-m addrtype ! --dst-type LOCAL -j RETURN");
    lines.add(
        in
            + "-p tcp --dport "
            + Interception.FIRST_OWN_PORT
            + ":"
            + Interception.LAST_OWN_PORT
            + " -j RETURN");
    ports(lines, in, what.inboundPorts());
    lines.add(in + "-p tcp -j REDIRECT --to-ports " + what.inboundPort());
    if (jumpOutbound) {
      lines.add("-A " + String.join(" ", jump(OUTBOUND)));
    }
    if (jumpInbound) {
      lines.add("-A " + String.join(" ", jump(INBOUND)));
    }
    lines.add("COMMIT");
    return String.join("\n", lines) + "\n";
  }

  /** The rule that leads to a chain of ours, without the command. */
  static List<String> jump(String chain) {
    return List.of(chain.equals(OUTBOUND) ? "OUTPUT" : "PREROUTING", "-p", "tcp", "-j", chain);
  }

  private static void ports(List<String> lines, String chain, PortRanges ports) {
    ports
        .ranges()
        .forEach(range -> lines.add(chain + "-p tcp --dport " + range.text(":") + " -j RETURN"));
  }
}
