package dev.weft.sidecar.admin;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/**
 * What listens on TCP in our network namespace, which in a pod is the application's, too, as the
 * kernel lists it ({@code proc_net_tcp}). Reads files that may be long: not for a worker or the
 * control loop.
 */
public final class ListeningPorts {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

  /** Fields of a line: number, local address, remote address, state. */
  private static final int LOCAL = 1;

  private static final int STATE = 3;
  private static final String LISTEN = "0A";

  /** The sidecar's own. */
  private static final int FIRST_OWN = 15_000;

  private static final int LAST_OWN = 15_099;

  private ListeningPorts() {}

  /**
   * One listening socket.
   *
   * @param address as it is bound: 0.0.0.0 and :: are every address
   */
  record Listening(String address, int port) {}

  /** Writes what listens, but for the sidecar itself, into an object that is open. */
  public static void write(JsonWriter json) {
    List<Listening> all = List.of();
    boolean known = true;
    try {
      all = read();
    } catch (IOException e) {
      known = false;
    }
    json.field("listening_known", known).array("listening");
    for (Listening one : all) {
      if (one.port() < FIRST_OWN || one.port() > LAST_OWN) {
        json.object().field("address", one.address()).field("port", one.port()).endObject();
      }
    }
    json.endArray();
  }

  /** Every socket that listens, by port. */
  private static List<Listening> read() throws IOException {
    var lines = new ArrayList<String>();
    for (Path table : TABLES) {
      // Without IPv6 there is no second one.
      if (table.equals(TABLES.getFirst()) || Files.exists(table)) {
        try (BufferedReader reader = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
          reader.lines().filter(line -> listens(fields(line))).forEach(lines::add);
        }
      }
    }
    return parse(lines, ByteOrder.nativeOrder());
  }

  /**
   * What lines of a table say; those of other states are passed over.
   *
   * @param order of the machine that wrote them
   */
  static List<Listening> parse(Iterable<String> lines, ByteOrder order) {
    var all =
        new TreeSet<>(Comparator.comparingInt(Listening::port).thenComparing(Listening::address));
    for (String line : lines) {
      String[] fields = fields(line);
      if (listens(fields)) {
        int colon = fields[LOCAL].indexOf(':');
        all.add(
            new Listening(
                address(fields[LOCAL].substring(0, colon), order),
                Integer.parseInt(fields[LOCAL].substring(colon + 1), 16)));
      }
    }
    return List.copyOf(all);
  }

  private static String[] fields(String line) {
    return line.strip().split("\\s+");
  }

  private static boolean listens(String[] fields) {
    return fields.length > STATE && fields[STATE].equals(LISTEN);
  }

  /** Words of 32 bits, each as a number of the machine's. */
  private static String address(String hex, ByteOrder order) {
    ByteBuffer written = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    ByteBuffer address = ByteBuffer.allocate(written.capacity()).order(order);
    while (written.hasRemaining()) {
      address.putInt(written.getInt());
    }
    try {
      return InetAddress.getByAddress(address.array()).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(hex + " is no address", e);
    }
  }
}
