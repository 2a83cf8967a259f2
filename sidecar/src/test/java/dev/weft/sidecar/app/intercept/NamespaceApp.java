package dev.weft.sidecar.app.intercept;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * The applications of one namespace, as a process: {@code NAME KIND=PORT@ADDRESS ...}. It says
 * {@code up} when all listen.
 */
final class NamespaceApp {
  private NamespaceApp() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String name = arguments[0];
    for (int i = 1; i < arguments.length; i++) {
      String[] parts = arguments[i].split("[=@]");
      var address =
          new InetSocketAddress(InetAddress.ofLiteral(parts[2]), Integer.parseInt(parts[1]));
      switch (parts[0]) {
        case "http" -> http(name, address);
        case "https" -> https(name, address);
        case "first" -> tcp(address, "220 " + name + "\n");
        case "echo" -> tcp(address, "");
        case "udp" -> udp(address);
        default -> throw new IllegalArgumentException(arguments[i]);
      }
    }
    System.out.println("up");
    Thread.currentThread().join();
  }

  private static void http(String name, InetSocketAddress address) throws IOException {
    HttpServer server = HttpServer.create(address, 16);
    server.createContext("/", exchange -> answer(name, exchange));
    server.start();
  }

  private static void https(String name, InetSocketAddress address) throws IOException {
    var ca = new TestCa("of " + name);
    HttpsServer server = HttpsServer.create(address, 16);
    server.setHttpsConfigurator(new HttpsConfigurator(ca.sslContext(ca.issue(name, name))));
    server.createContext("/", exchange -> answer(name, exchange));
    server.start();
  }

  private static void answer(String name, HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    String path = exchange.getRequestURI().toString();
    String text =
        "%s %s from %s host=%s via=%s proto=%s hop=%s probe=%s%n"
            .formatted(
                name,
                path,
                exchange.getRemoteAddress().getAddress().getHostAddress(),
                headers.getFirst("Host"),
                headers.getFirst("Via"),
                headers.getFirst("X-Forwarded-Proto"),
                headers.getFirst("Weft-Hop"),
                headers.getFirst("X-Probe"));
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    int status = path.startsWith("/status/") ? Integer.parseInt(path.substring(8)) : 200;
    if (path.equals("/moved")) {
      exchange.getResponseHeaders().set("Location", "/status/418");
      status = 302;
    }
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static void tcp(InetSocketAddress address, String greeting) throws IOException {
    var server = new ServerSocket();
    server.bind(address);
    daemon(
        () -> {
          while (true) {
            Socket connection = server.accept();
            daemon(() -> echo(connection, greeting));
          }
        });
  }

  private static void echo(Socket connection, String greeting) throws IOException {
    try (connection) {
      connection.getOutputStream().write(greeting.getBytes(StandardCharsets.UTF_8));
      InputStream in = connection.getInputStream();
      in.transferTo(connection.getOutputStream());
    }
  }

  private static void udp(InetSocketAddress address) throws IOException {
    var socket = new DatagramSocket(address);
    daemon(
        () -> {
          while (true) {
            var packet = new DatagramPacket(new byte[1500], 1500);
            socket.receive(packet);
            socket.send(packet);
          }
        });
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void daemon(Task task) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                System.err.println(e);
              }
            });
  }
}
