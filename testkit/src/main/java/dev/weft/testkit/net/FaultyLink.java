package dev.weft.testkit.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network namespace of the test's own, and a link to it from where the test runs, which does as
 * it is told: late, lossy, slow, cut in one direction or both, without a memory. It keeps no
 * connection and ends none. Any thread may tell.
 */
public final class FaultyLink implements AutoCloseable {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** Of the addresses that are set aside for tests of networks (RFC 2544). */
  private static final String NETWORK = "198.18.";

  private final String namespace;
  private final String near;
  private final String far;
  private final Tap nearTap;
  private final Tap farTap;
  private final Wire there;
  private final Wire back;
  private final Flows flows = new Flows();

  /** A way over the link. */
  public enum Direction {
    /** From the test into the namespace. */
    THERE,
    /** From the namespace to the test. */
    BACK
  }

  /** Whether this process may make one. */
  public static boolean possible() {
    return "root".equals(System.getProperty("user.name"))
        && Files.isWritable(Path.of("/dev/net/tun"))
        && Files.isExecutable(Path.of("/usr/sbin/ip"));
  }

  /** Makes a namespace and a link to it that does no harm yet. */
  public FaultyLink() {
    int number = NUMBERS.incrementAndGet();
    long pid = ProcessHandle.current().pid();
    String name = "wf" + pid + "-" + number;
    namespace = "weft-" + name;
    String prefix = NETWORK + pid % 250 + ".";
    int base = number * 4 % 252;
    near = prefix + (base + 1);
    far = prefix + (base + 2);
    run("ip", "netns", "add", namespace);
    nearTap = new Tap(name + "n");
    farTap = new Tap(name + "f");
    run("ip", "link", "set", name + "f", "netns", namespace);
    run("ip", "addr", "add", near + "/30", "dev", name + "n");
    run("ip", "link", "set", name + "n", "up");
    run("ip", "-n", namespace, "addr", "add", far + "/30", "dev", name + "f");
    run("ip", "-n", namespace, "link", "set", "lo", "up");
    run("ip", "-n", namespace, "link", "set", name + "f", "up");
    there = new Wire(nearTap, farTap, flows, 1);
    back = new Wire(farTap, nearTap, flows, 2);
    there.start();
    back.start();
  }

  /** The address of the test's end. */
  public String near() {
    return near;
  }

  /** The address of the namespace's end. */
  public String far() {
    return far;
  }

  /** The command with what runs it in the namespace in front. */
  public List<String> inside(List<String> command) {
    var all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    all.addAll(command);
    return all;
  }

  /** Runs a command in the namespace; what it has printed. */
  public String output(String... command) {
    return run(inside(List.of(command)).toArray(String[]::new));
  }

  /** Every frame is late by that, either way. */
  public void delay(Duration each) {
    there.set(each, 0, 0, false);
    back.set(each, 0, 0, false);
  }

  /** So many percent of the frames are lost, either way. */
  public void lose(int percent) {
    there.set(Duration.ZERO, percent, 0, false);
    back.set(Duration.ZERO, percent, 0, false);
  }

  /** So many bytes a second are carried, either way. */
  public void trickle(int bytesPerSecond) {
    there.set(Duration.ZERO, 0, bytesPerSecond, false);
    back.set(Duration.ZERO, 0, bytesPerSecond, false);
  }

  /** Nothing is carried that way. */
  public void cut(Direction way) {
    (way == Direction.THERE ? there : back).set(Duration.ZERO, 0, 0, true);
  }

  /** Nothing is carried at all. */
  public void cut() {
    cut(Direction.THERE);
    cut(Direction.BACK);
  }

  /**
   * Nothing is carried of the connections that are open, and neither end is told; new ones are.
   * When one end gives such a connection up, the other has it half-open.
   */
  public void forgetConnections() {
    flows.forget();
  }

  /** Does no harm any more. */
  public void mend() {
    flows.remember();
    there.set(Duration.ZERO, 0, 0, false);
    back.set(Duration.ZERO, 0, 0, false);
  }

  /** Takes link and namespace away; processes in it must have ended. */
  @Override
  public void close() {
    try {
      there.close();
      back.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    nearTap.close();
    farTap.close();
    run("ip", "netns", "del", namespace);
  }

  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String out;
      try (InputStream in = process.getInputStream()) {
        out = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + out);
      }
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
