package dev.weft.sidecar.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * A name server of the outside, over UDP and TCP. It knows {@code *.example}, and nothing of the
 * mesh: names that begin with {@code nowhere} do not exist, for {@code silent} it says nothing,
 * {@code big} has forty addresses, by TCP only. What it cannot read it sends back, marked as a
 * response and a byte longer.
 */
public final class NameServer implements AutoCloseable {
  static final String ADDRESS = "192.0.2.1";

  final List<byte[]> queries = new CopyOnWriteArrayList<>();
  final List<byte[]> responses = new CopyOnWriteArrayList<>();
  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final ExecutorService overUdp =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

  NameServer(InetSocketAddress address) throws IOException {
    udp = new DatagramSocket(address);
    try {
      tcp = new ServerSocket(udp.getLocalPort(), 50, address.getAddress());
    } catch (IOException e) {
      udp.close();
      throw e;
    }
    overUdp.execute(this::serveUdp);
    Thread.ofPlatform().daemon().start(this::serveTcp);
  }

  /** One at an address and port, until it is killed. */
  public static void main(String[] arguments) throws Exception {
    try (var server =
        new NameServer(
            new InetSocketAddress(
                InetAddress.ofLiteral(arguments[0]), Integer.parseInt(arguments[1])))) {
      System.out.println("up");
      Thread.currentThread().join();
      server.close();
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) udp.getLocalSocketAddress();
  }

  @Override
  public void close() throws IOException {
    udp.close();
    tcp.close();
    // A closed socket still takes in what is asked, and says nothing, until its reader has left.
    overUdp.close();
  }

  private void serveUdp() {
    byte[] buffer = new byte[65_535];
    while (!udp.isClosed()) {
      var packet = new DatagramPacket(buffer, buffer.length);
      try {
        udp.receive(packet);
        byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()), false);
        if (answer.length > 0) {
          udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      } catch (IOException e) {
        // Closed, or the asker is gone.
      }
    }
  }

  private void serveTcp() {
    while (!tcp.isClosed()) {
      try {
        Socket connection = tcp.accept();
        Thread.ofPlatform().daemon().start(() -> serve(connection));
      } catch (IOException e) {
        // Closed.
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        var in = new DataInputStream(connection.getInputStream());
        var out = new DataOutputStream(connection.getOutputStream())) {
      while (true) {
        byte[] query = new byte[in.readUnsignedShort()];
        in.readFully(query);
        byte[] answer = answer(query, true);
        if (answer.length > 0) {
          out.writeShort(answer.length);
          out.write(answer);
          out.flush();
        }
      }
    } catch (EOFException e) {
      // It is over.
    } catch (IOException e) {
      // Cut off.
    }
  }

  private byte[] answer(byte[] query, boolean byTcp) {
    queries.add(query);
    byte[] answer = say(query, byTcp);
    if (answer.length > 0) {
      responses.add(answer);
    }
    return answer;
  }

  private static byte[] say(byte[] query, boolean byTcp) {
    Messages.Message read;
    try {
      read = Messages.read(query);
    } catch (IllegalArgumentException e) {
      return echo(query);
    }
    if (read.questions().size() != 2 || (read.flags() & 0x7800) != 0) {
      return echo(query);
    }
    String name = read.questions().getFirst();
    String lower = name.toLowerCase(Locale.ROOT);
    boolean asked = read.type() == Messages.A;
    if (lower.startsWith("silent")) {
      return new byte[0];
    }
    if (lower.startsWith("nowhere") || !lower.endsWith("example")) {
      return Messages.response(read.id(), 0x8180 | Messages.NXDOMAIN, name, read.type(), List.of());
    }
    if (lower.startsWith("big") && asked) {
      return byTcp
          ? Messages.response(
              read.id(),
              0x8180,
              name,
              read.type(),
              IntStream.range(1, 41).mapToObj(i -> "192.0.2." + i).toList())
          : Messages.response(read.id(), 0x8380, name, read.type(), List.of());
    }
    return Messages.response(
        read.id(), 0x8180, name, read.type(), asked ? List.of(ADDRESS) : List.of());
  }

  private static byte[] echo(byte[] query) {
    byte[] answer = Arrays.copyOf(query, query.length + 1);
    answer[2] |= (byte) 0x80;
    return answer;
  }
}
