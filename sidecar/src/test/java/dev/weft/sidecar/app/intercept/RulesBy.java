package dev.weft.sidecar.app.intercept;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The program that puts the rules in force; what is true of one has to be true of each. */
enum RulesBy {
  NFT("nft"),
  /** As the machine has it, which today is mostly iptables in front of nftables. */
  IPTABLES("iptables"),
  /** In front of the kernel's older tables. */
  IPTABLES_LEGACY("iptables");

  /** Every machine sees the disk in a way of its own, which ends with the command. */
  private static final String AS_LEGACY =
      """
      legacy=$(command -v iptables-legacy) &&
        mount --bind "$(readlink -f "$legacy")" "$(readlink -f "$(command -v iptables)")" &&
        exec "$@"
      """;

  private static final String LIST_BOTH = "iptables -t nat -S && ip6tables -t nat -S";

  private final String backend;

  RulesBy(String backend) {
    this.backend = backend;
  }

  /** Why it cannot be had on a machine; empty: it can. */
  String impossible(Namespaces net, String machine) {
    Tool.Result result = net.tryIn(machine, "", as(list()));
    return result.ok() ? "" : this + " is not installed or does not work here: " + result.output();
  }

  /** Runs {@code weft-sidecar intercept} there. */
  void intercept(Namespaces net, String machine, String... flags) {
    net.in(
        machine,
        as(
            Stream.of(
                    Namespaces.command(Namespaces.SIDECAR),
                    List.of("intercept", "--backend=" + backend),
                    List.of(flags))
                .flatMap(List::stream)
                .toList()));
  }

  /** All rules that are in force there, whosever they are. */
  String inForce(Namespaces net, String machine) {
    return net.in(machine, as(list()));
  }

  /** Puts rules in force there that are not ours, for a port. */
  void addOthers(Namespaces net, String machine, int port) {
    String rules =
        this == NFT
            ? """
              nft add table inet other
              nft 'add chain inet other out { type nat hook output priority -100; }'
              nft add rule inet other out tcp dport PORT accept
              """
            : """
              for each in iptables ip6tables; do
                $each -t nat -N OTHER 2>/dev/null || $each -t nat -L OTHER -n >/dev/null
                $each -t nat -A OTHER -p tcp --dport PORT -j ACCEPT
                $each -t nat -A OUTPUT -p tcp --dport PORT -j ACCEPT
                $each -t nat -A PREROUTING -p tcp --dport PORT -j OTHER
              done
              """;
    net.in(machine, as(List.of("sh", "-e", "-c", rules.replace("PORT", Integer.toString(port)))));
  }

  private List<String> list() {
    return this == NFT ? List.of("nft", "list", "ruleset") : List.of("sh", "-c", LIST_BOTH);
  }

  private String[] as(List<String> command) {
    var all = new ArrayList<String>();
    if (this == IPTABLES_LEGACY) {
      all.addAll(List.of("sh", "-c", AS_LEGACY, "sh"));
    }
    all.addAll(command);
    return all.toArray(String[]::new);
  }
}
