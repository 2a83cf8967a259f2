package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Several real etcds that are one store, each with data of its own, on free ports of the loopback.
 * Members are killed, paused, started again on what they left, or set back to a snapshot. Closing
 * it, or the end of this process, ends all and removes their data. For one thread.
 */
public final class EtcdCluster implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
  private static final Pattern LEADER = Pattern.compile("\"leader\":\"(\\d+)\"");
  private static final Pattern MEMBER = Pattern.compile("\"member_id\":\"(\\d+)\"");
  private static final Pattern REVISION = Pattern.compile("\"revision\":\"(\\d+)\"");

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CALL_TIMEOUT)
          .build();
  private final List<Member> members;
  private final @Nullable EtcdNetwork network;
  private final Path snapshotFolder = temporaryDirectory();
  private final Path snapshot = snapshotFolder.resolve("snapshot");
  private final Set<Integer> silent = new HashSet<>();
  private final Thread onExit = Thread.ofPlatform().unstarted(this::endMembers);

  private record Member(String name, String host, int port, String peer, EtcdNode node) {
    String endpoint() {
      return "http://" + host + ":" + port;
    }
  }

  private EtcdCluster(List<Member> members, @Nullable EtcdNetwork network) {
    this.members = List.copyOf(members);
    this.network = network;
    Runtime.getRuntime().addShutdownHook(onExit);
  }

  /**
   * Starts one of processes. Blocks until it has a leader.
   *
   * @throws IllegalStateException if there is no etcd here, or it does not start
   */
  public static EtcdCluster start(int size) {
    Path executable = EtcdProcess.find();
    if (executable == null) {
      throw new IllegalStateException(
          "this test needs etcd on the PATH (Debian, Ubuntu: apt-get install etcd-server)");
    }
    List<Integer> ports = Ports.free(2 * size);
    List<String> peers = ports.subList(size, 2 * size).stream().map(EtcdCluster::local).toList();
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Path directory = temporaryDirectory();
      int port = ports.get(i);
      EtcdNode node =
          new EtcdProcess(executable, directory, arguments(i, local(port), local(port), peers));
      members.add(new Member("m" + i, "127.0.0.1", port, peers.get(i), node));
    }
    return started(members, null);
  }

  /**
   * Starts one of containers, in a network of their own that this machine reaches by their
   * addresses. Blocks until it has a leader.
   *
   * @throws IllegalStateException if Docker does not work here, or they do not start
   */
  public static EtcdCluster startInContainers(int size) {
    EtcdNetwork network = new EtcdNetwork();
    List<String> peers =
        IntStream.range(0, size).mapToObj(i -> "http://" + network.address(i) + ":2380").toList();
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String address = network.address(i);
      String client = "http://" + address + ":2379";
      EtcdNode node =
          new EtcdContainer(
              temporaryDirectory(),
              arguments(i, client, "http://0.0.0.0:2379", peers),
              container -> network.place(container, address));
      members.add(new Member("m" + i, address, 2379, peers.get(i), node));
    }
    return started(members, network);
  }

  private static EtcdCluster started(List<Member> members, @Nullable EtcdNetwork network) {
    EtcdCluster cluster = new EtcdCluster(members, network);
    try {
      cluster.startAll();
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static List<String> arguments(
      int member, String client, String listen, List<String> peers) {
    String all =
        IntStream.range(0, peers.size())
            .mapToObj(i -> "m" + i + "=" + peers.get(i))
            .collect(Collectors.joining(","));
    return List.of(
        "--name=m" + member,
        "--listen-client-urls=" + listen,
        "--advertise-client-urls=" + client,
        "--listen-peer-urls=" + peers.get(member),
        "--initial-advertise-peer-urls=" + peers.get(member),
        "--initial-cluster=" + all,
        // Quick to notice that a leader is gone: these tests wait for little else.
        "--heartbeat-interval=50",
        "--election-timeout=500",
        "--log-level=warn");
  }

  private static String local(int port) {
    return "http://127.0.0.1:" + port;
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("weft-etcd-");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a directory for etcd", e);
    }
  }

  /** How many members there are. */
  public int size() {
    return members.size();
  }

  /** Where clients connect: all members, with commas between. */
  public String endpoints() {
    return members.stream().map(Member::endpoint).collect(Collectors.joining(","));
  }

  /** The address where clients reach a member. */
  public String host(int member) {
    return members.get(member).host();
  }

  /** The client port of a member. */
  public int port(int member) {
    return members.get(member).port();
  }

  /** Which member leads; waits until one does. */
  public int leader() {
    int[] found = {-1};
    Awaitility.await()
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> (found[0] = findLeader()) >= 0);
    return found[0];
  }

  /** Ends a member at once (SIGKILL); its data stays. */
  public void kill(int member) {
    members.get(member).node().kill();
  }

  /** Starts a member on the data that it left. Blocks until it serves with the others. */
  public void startAgain(int member) {
    members.get(member).node().start();
    awaitServing(member);
  }

  /** Stops a member without ending it or its connections. */
  public void pause(int member) {
    members.get(member).node().pause();
    silent.add(member);
  }

  /** Lets it go on. Blocks until it serves with the others. */
  public void resume(int member) {
    members.get(member).node().resume();
    silent.remove(member);
    awaitServing(member);
  }

  /** Starts every member that does not run. Blocks until all serve. */
  public void startAll() {
    for (Member member : members) {
      if (!member.node().alive()) {
        member.node().start();
      }
    }
    IntStream.range(0, members.size()).forEach(this::awaitServing);
  }

  /** Takes a member off the network: it runs, and nobody reaches it, nor it anybody. */
  public void cutOff(int member) {
    network().disconnect(((EtcdContainer) members.get(member).node()).id());
    silent.add(member);
  }

  /** Puts it back, under its address. Blocks until it serves with the others. */
  public void connect(int member) {
    Member back = members.get(member);
    network().connect(((EtcdContainer) back.node()).id(), back.host());
    silent.remove(member);
    awaitServing(member);
  }

  private EtcdNetwork network() {
    if (network == null) {
      throw new IllegalStateException("only members in containers can be taken off the network");
    }
    return network;
  }

  /** The newest revision. */
  public long revision() {
    Matcher found = REVISION.matcher(call(leader(), "/v3/maintenance/status", "{}"));
    if (!found.find()) {
      throw new IllegalStateException("etcd's status has no revision");
    }
    return Long.parseLong(found.group(1));
  }

  /** Forgets history up to a revision, as an operator would. */
  public void compact(long revision) {
    call(leader(), "/v3/kv/compaction", "{\"revision\":\"" + revision + "\",\"physical\":true}");
  }

  /**
   * Takes a snapshot of what is stored now, in place of an earlier one.
   *
   * @throws IllegalStateException if etcd's client is not here: whoever has etcd can have it
   */
  public void saveSnapshot() {
    try {
      Files.deleteIfExists(snapshot);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + snapshot, e);
    }
    // Never by etcdutl, which works on files only.
    Path etcdctl = Programs.find("etcdctl");
    if (etcdctl == null) {
      throw new IllegalStateException(
          "a snapshot needs etcdctl on the PATH (Debian, Ubuntu: apt-get install etcd-client)");
    }
    Programs.run(
        etcdctl.toString(),
        "--endpoints=" + members.get(leader()).endpoint(),
        "snapshot",
        "save",
        snapshot.toString());
  }

  /** Ends all members, sets them back to the snapshot and starts them again. */
  public void restoreSnapshot() {
    Path tool = tool();
    if (tool == null) {
      throw new IllegalStateException(
          "a snapshot is restored by etcdutl, or etcdctl before 3.6: neither is on the PATH (Debian,"
              + " Ubuntu: apt-get install etcd-client)");
    }
    String all =
        members.stream()
            .map(member -> member.name() + "=" + member.peer())
            .collect(Collectors.joining(","));
    members.forEach(member -> member.node().kill());
    for (Member member : members) {
      member
          .node()
          .makeData(
              data ->
                  Programs.run(
                      tool.toString(),
                      "snapshot",
                      "restore",
                      snapshot.toString(),
                      "--name=" + member.name(),
                      "--initial-cluster=" + all,
                      "--initial-advertise-peer-urls=" + member.peer(),
                      "--data-dir=" + data));
    }
    startAll();
  }

  /** Calls the JSON gateway of a member. */
  public String call(int member, String path, String json) {
    try {
      var response =
          http.send(
              HttpRequest.newBuilder(URI.create(members.get(member).endpoint() + path))
                  .timeout(CALL_TIMEOUT)
                  .POST(BodyPublishers.ofString(json))
                  .build(),
              BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException("etcd answers " + response.statusCode() + ": " + response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException("etcd m" + member + " does not answer to " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    endMembers();
    http.close();
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The process is ending; the hook has run or will.
    }
  }

  private void endMembers() {
    members.forEach(member -> member.node().close());
    if (network != null) {
      network.close();
    }
    DataFolder.delete(snapshotFolder);
  }

  private void awaitServing(int member) {
    EtcdNode node = members.get(member).node();
    Awaitility.await()
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !node.alive() || reads(member));
    if (!node.alive()) {
      throw new IllegalStateException("etcd m" + member + " ended: " + node.log());
    }
  }

  /** A linearizable read: it answers only as part of a majority. */
  private boolean reads(int member) {
    try {
      return !call(member, "/v3/kv/range", "{\"key\":\"AA==\"}").isEmpty();
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private int findLeader() {
    for (int i = 0; i < members.size(); i++) {
      if (!members.get(i).node().alive() || silent.contains(i)) {
        continue;
      }
      try {
        String status = call(i, "/v3/maintenance/status", "{}");
        Matcher leader = LEADER.matcher(status);
        Matcher member = MEMBER.matcher(status);
        if (leader.find() && member.find() && leader.group(1).equals(member.group(1))) {
          return i;
        }
      } catch (UncheckedIOException e) {
        // It is not up yet.
      }
    }
    return -1;
  }

  private static @Nullable Path tool() {
    Path etcdutl = Programs.find("etcdutl");
    return etcdutl == null ? Programs.find("etcdctl") : etcdutl;
  }
}
