package dev.weft.sidecar.app.intercept;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Machines of our own: network namespaces on one bridge, each with an address of either family, and
 * processes in them. Everything goes with the close.
 */
final class Namespaces implements AutoCloseable {
  static final String SIDECAR = "dev.weft.sidecar.app.SidecarMain";
  static final String APP = "dev.weft.sidecar.app.intercept.NamespaceApp";
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();

  private static final String WIRE = "wire";

  private final long id = ProcessHandle.current().pid();
  private final String link = "wf" + id;
  private final long net = id % 250;
  private final List<String> names = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();
  private final Path logs;

  Namespaces(Path logs) {
    this.logs = logs;
    // The wire is a machine of its own: this one's rules for what it forwards do not hold there.
    run("ip", "netns", "add", full(WIRE));
    names.add(full(WIRE));
    in(WIRE, "ip", "link", "add", "bridge", "type", "bridge");
    in(WIRE, "ip", "link", "set", "bridge", "up");
    run("ip", "link", "add", link, "type", "veth", "peer", "name", "uplink", "netns", full(WIRE));
    in(WIRE, "ip", "link", "set", "uplink", "master", "bridge", "up");
    run("ip", "address", "add", ipv4(1) + "/24", "dev", link);
    run("ip", "link", "set", link, "up");
  }

  /** Why there can be none; empty: there can. */
  static String impossible() {
    String name = "weft-try-" + ProcessHandle.current().pid();
    try {
      if (Tool.run(List.of("ip", "netns", "add", name), "").ok()) {
        boolean rules =
            Tool.run(List.of("ip", "netns", "exec", name, "nft", "-f", "-"), NftRules.UNDO).ok();
        Tool.run(List.of("ip", "netns", "del", name), "");
        return rules ? "" : "nft is not installed or does not work here";
      }
    } catch (IOException e) {
      return "no network namespaces can be made: " + e.getMessage();
    }
    return "no network namespaces can be made (are you root?)";
  }

  /** A new machine with those addresses. */
  void add(String name, int number) {
    String full = full(name);
    run("ip", "netns", "add", full);
    names.add(full);
    String port = "port" + number;
    in(WIRE, "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", full);
    in(WIRE, "ip", "link", "set", port, "master", "bridge", "up");
    in(name, "ip", "link", "set", "lo", "up");
    address(name, ipv4(number) + "/24");
    address(name, ipv6(number) + "/64");
    in(name, "ip", "link", "set", "eth0", "up");
  }

  /** One more address of that machine, with the length of its network. */
  void address(String name, String address) {
    var command = new ArrayList<>(List.of("ip", "address", "add", address, "dev", "eth0"));
    if (address.contains(":")) {
      // Nobody else has it, and looking for that takes seconds.
      command.add("nodad");
    }
    in(name, command.toArray(String[]::new));
  }

  /** What its programs find as {@code /etc/resolv.conf}. */
  void resolvConf(String name, String text) {
    try {
      Path folder = Files.createDirectories(Path.of("/etc/netns", full(name)));
      Files.writeString(folder.resolve("resolv.conf"), text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String ipv4(int number) {
    return "198.18." + net + "." + number;
  }

  String ipv6(int number) {
    return "fd57:" + Long.toHexString(net + 1) + "::" + Integer.toHexString(number);
  }

  /** Runs a command there to its end; what it says. */
  String in(String name, String... command) {
    Tool.Result result = tryIn(name, "", command);
    if (!result.ok()) {
      throw new AssertionError(List.of(command) + " in " + name + ": " + result);
    }
    return result.output();
  }

  Tool.Result tryIn(String name, String input, String... command) {
    var all = new ArrayList<>(List.of("ip", "netns", "exec", full(name)));
    all.addAll(List.of(command));
    return execute(all, input);
  }

  /** Starts a command there, which the caller ends. */
  Process start(String name, String... command) throws IOException {
    var all = new ArrayList<>(List.of("ip", "netns", "exec", full(name)));
    all.addAll(List.of(command));
    return new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Starts a Java program there, in the sidecar's group if it is one; its output is kept. */
  Path java(String name, boolean sidecar, String main, List<String> arguments) {
    var all = new ArrayList<>(List.of("ip", "netns", "exec", full(name)));
    if (sidecar) {
      // Not as another user, who could not read the classes.
      all.addAll(List.of("setpriv", "--regid", "1337", "--clear-groups"));
    }
    all.addAll(command(main));
    all.addAll(arguments);
    Path log = logs.resolve(name + "-" + processes.size() + ".log");
    try {
      processes.add(
          new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(log.toFile()).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return log;
  }

  /** The command that runs a class of this test's. */
  static List<String> command(String main) {
    return List.of(
        JAVA,
        "-Xmx64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dio.netty.leakDetection.level=paranoid",
        "-cp",
        System.getProperty("java.class.path"),
        main);
  }

  static String text(Path log) {
    try {
      return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    processes.forEach(Process::destroyForcibly);
    for (Process process : processes) {
      await().until(() -> !process.isAlive());
    }
    names.forEach(name -> execute(List.of("ip", "netns", "del", name), ""));
    names.forEach(name -> execute(List.of("rm", "-rf", "/etc/netns/" + name), ""));
    execute(List.of("ip", "link", "del", link), "");
  }

  private String full(String name) {
    return "weft-" + id + "-" + name;
  }

  private static void run(String... command) {
    Tool.Result result = execute(List.of(command), "");
    if (!result.ok()) {
      throw new AssertionError(List.of(command) + ": " + result);
    }
  }

  private static Tool.Result execute(List<String> command, String input) {
    try {
      return Tool.run(command, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
