package dev.weft.sidecar.app.intercept;

import dev.weft.sidecar.app.intercept.Interception.Backend;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code weft-sidecar intercept}: puts the rules in force, or takes them away, and ends; when it is
 * told so, not before the sidecar is ready.
 */
public final class InterceptMain {
  private static final int USAGE = 2;
  private static final int FAILED = 1;

  private InterceptMain() {}

  /** The exit status; what is to be said goes to standard output and error. */
  public static int run(List<String> arguments, Map<String, String> environment)
      throws InterruptedException {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      System.out.print(Interception.usage());
      return 0;
    }
    try {
      Interception what = Interception.parse(arguments, environment);
      if (usesNft(what)) {
        nft(what);
      } else {
        iptables(what);
      }
      if (what.awaitReady() != 0 && !what.undo() && !what.dryRun()) {
        SidecarReady.await(what.awaitReady());
      }
      return 0;
    } catch (IllegalArgumentException e) {
      System.err.println("weft-sidecar intercept: " + e.getMessage());
      return USAGE;
    } catch (IOException e) {
      System.err.println("weft-sidecar intercept: " + e.getMessage());
      return FAILED;
    }
  }

  private static boolean usesNft(Interception what) throws IOException {
    boolean iptables = Tool.isInstalled("iptables-restore");
    if (what.backend() == Backend.NFT
        || (what.backend() == Backend.AUTO
            && (Tool.isInstalled("nft") || (what.dryRun() && !iptables)))) {
      return true;
    }
    if (what.dns().on() && !what.undo()) {
      throw new IOException("--dns on needs nft, the program of nftables, which is not used here");
    }
    if (what.backend() == Backend.IPTABLES || iptables) {
      return false;
    }
    throw new IOException("neither nft nor iptables is installed: one of them is needed");
  }

  private static void nft(Interception what) throws IOException {
    String rules = what.undo() ? NftRules.UNDO : NftRules.of(what);
    if (what.dryRun()) {
      System.out.print(rules);
      return;
    }
    run(List.of("nft", "-f", "-"), rules);
    done(what, "nftables, table inet weft");
  }

  private static void iptables(Interception what) throws IOException {
    family(what, "iptables", false);
    // Where the kernel has no IPv6 there is nothing to intercept, and no table to do it by.
    if (what.dryRun() || new File("/proc/net/if_inet6").exists()) {
      family(what, "ip6tables", true);
    }
    if (!what.dryRun()) {
      done(what, "iptables, chains " + IptablesRules.OUTBOUND + " and " + IptablesRules.INBOUND);
    }
  }

  private static void family(Interception what, String tool, boolean ipv6) throws IOException {
    if (what.undo()) {
      for (String chain : List.of(IptablesRules.OUTBOUND, IptablesRules.INBOUND)) {
        remove(what, tool, chain);
      }
      return;
    }
    boolean dry = what.dryRun();
    String rules =
        IptablesRules.of(
            what,
            ipv6,
            dry || !has(tool, "-C", IptablesRules.jump(IptablesRules.OUTBOUND)),
            dry || !has(tool, "-C", IptablesRules.jump(IptablesRules.INBOUND)));
    if (dry) {
      System.out.print("# " + tool + "-restore --noflush\n" + rules);
    } else {
      run(List.of(tool + "-restore", "--noflush", "-w"), rules);
    }
  }

  private static void remove(Interception what, String tool, String chain) throws IOException {
    if (what.dryRun()) {
      System.out.println(
          tool + " -t nat -D " + String.join(" ", IptablesRules.jump(chain)) + " # until it fails");
      System.out.println(tool + " -t nat -F " + chain);
      System.out.println(tool + " -t nat -X " + chain);
      return;
    }
    while (has(tool, "-C", IptablesRules.jump(chain))) {
      run(command(tool, "-D", IptablesRules.jump(chain)), "");
    }
    if (has(tool, "-L", List.of(chain, "-n"))) {
      run(command(tool, "-F", List.of(chain)), "");
      run(command(tool, "-X", List.of(chain)), "");
    }
  }

  private static boolean has(String tool, String command, List<String> rule) throws IOException {
    return Tool.run(command(tool, command, rule), "").ok();
  }

  private static List<String> command(String tool, String command, List<String> rule) {
    var all = new ArrayList<>(List.of(tool, "-w", "-t", "nat", command));
    all.addAll(rule);
    return all;
  }

  private static void run(List<String> command, String input) throws IOException {
    Tool.Result result = Tool.run(command, input);
    if (!result.ok()) {
      throw new IOException(
          String.join(" ", command)
              + " failed ("
              + result.status()
              + "); it needs CAP_NET_ADMIN, and NAT in the kernel. It says: "
              + result.output());
    }
  }

  private static void done(Interception what, String where) {
    System.out.println(
        what.undo()
            ? "weft-sidecar intercept: taken away (" + where + ")"
            : "weft-sidecar intercept: TCP goes through ports "
                + what.outboundPort()
                + " (outbound) and "
                + what.inboundPort()
                + " (inbound) now"
                + (what.dns().on() ? ", DNS through port " + what.dns().port() : "")
                + " ("
                + where
                + ")");
  }
}
