package dev.weft.sidecar.app.intercept;

import dev.weft.sidecar.app.options.DnsOptions;
import dev.weft.sidecar.app.options.Flags;
import dev.weft.sidecar.app.options.Flags.Flag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What is to be intercepted, as the flags of {@code weft-sidecar intercept} say. Immutable.
 *
 * @param uids users whose connections are left alone, besides the sidecar's own
 * @param awaitReady probe port of a sidecar that has to be ready before this ends; 0: none
 */
record Interception(
    int outboundPort,
    int inboundPort,
    PortRanges outboundPorts,
    PortRanges inboundPorts,
    Networks networks,
    List<Integer> uids,
    DnsOptions dns,
    Backend backend,
    int awaitReady,
    boolean undo,
    boolean dryRun) {
  /** User and group of the sidecar: what either opens goes where it is meant to go. */
  static final int SIDECAR_ID = 1337;

  /** Ports of the sidecar's own, which are called as they are; from {@code first-last}. */
  static final int FIRST_OWN_PORT = 15000;

  static final int LAST_OWN_PORT = 15099;
  private static final int MAX_PORT = 65535;

  /** Programs that change the kernel's rules. */
  enum Backend {
    AUTO,
    NFT,
    IPTABLES
  }

  private static final List<Flag> OWN_FLAGS =
      List.of(
          new Flag("outbound-port", "PORT", "15001", "the sidecar's for what is called"),
          new Flag("inbound-port", "PORT", "15006", "the sidecar's for who calls"),
          new Flag("exclude-outbound-ports", "PORTS", "", "ports called as without a sidecar"),
          new Flag("exclude-outbound-cidrs", "NETWORKS", "", "networks called so"),
          new Flag("exclude-uids", "UIDS", "", "users whose calls are left alone"),
          new Flag("exclude-inbound-ports", "PORTS", "", "own ports that take calls directly"),
          new Flag("backend", "auto|nft|iptables", "auto", "auto: nft where it is installed"),
          new Flag(
              "await-ready",
              "PORT",
              "0",
              "then wait until the sidecar is ready, by its probe port"),
          new Flag("undo", "", "", "take our rules away, and nothing else"),
          new Flag("dry-run", "", "", "print the rules, change nothing"));

  private static final List<Flag> FLAGS =
      Stream.concat(OWN_FLAGS.stream(), DnsOptions.FLAGS.stream()).toList();

  Interception {
    uids = List.copyOf(uids);
  }

  /**
   * Reads arguments and environment.
   *
   * @throws IllegalArgumentException one line that says which flag is wrong and what was expected
   */
  static Interception parse(List<String> arguments, Map<String, String> environment) {
    var flags = new Flags(FLAGS, arguments, environment);
    return new Interception(
        flags.number("outbound-port", 1, MAX_PORT),
        flags.number("inbound-port", 1, MAX_PORT),
        PortRanges.parse("exclude-outbound-ports", flags.all("exclude-outbound-ports")),
        PortRanges.parse("exclude-inbound-ports", flags.all("exclude-inbound-ports")),
        Networks.parse("exclude-outbound-cidrs", flags.all("exclude-outbound-cidrs")),
        uids(flags.all("exclude-uids")),
        DnsOptions.parse(flags),
        backend(flags.text("backend")),
        flags.number("await-ready", 0, MAX_PORT),
        flags.given("undo"),
        flags.given("dry-run"));
  }

  static String usage() {
    return Flags.usage(
        "Usage: weft-sidecar intercept [FLAGS]\n\n"
            + "Has the kernel send TCP through the sidecar in this network namespace; needs\n"
            + "CAP_NET_ADMIN. What user or group "
            + SIDECAR_ID
            + " opens is left alone, and so are loopback, UDP, DNS\n"
            + "(without --dns on), link-local addresses (the cloud's metadata among them) and,\n"
            + "of what comes in, ports "
            + FIRST_OWN_PORT
            + " to "
            + LAST_OWN_PORT
            + ". Run again, it replaces its own rules.",
        FLAGS);
  }

  private static List<Integer> uids(List<String> texts) {
    var all = new ArrayList<Integer>();
    for (String text : texts) {
      int uid = -1;
      try {
        uid = Integer.parseInt(text);
      } catch (NumberFormatException e) {
        // Said below, the same as for a number out of range.
      }
      if (uid < 0) {
        throw new IllegalArgumentException(
            "--exclude-uids has \"" + text + "\": expected numbers of users, as in 0,1000");
      }
      all.add(uid);
    }
    return all;
  }

  private static Backend backend(String text) {
    return switch (text) {
      case "auto" -> Backend.AUTO;
      case "nft" -> Backend.NFT;
      case "iptables" -> Backend.IPTABLES;
      default ->
          throw new IllegalArgumentException(
              "--backend is \"" + text + "\": expected auto, nft or iptables");
    };
  }
}
