package dev.weft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;

/** An application that answers every request with its name, on the loopback. Stateless. */
final class NamedApp {
  private NamedApp() {}

  /** On a port that is free. */
  static HttpServer start(String name, Executor threads) throws IOException {
    return start(0, name, threads, () -> {});
  }

  /**
   * @param port 0: any that is free
   * @param answered run after each answer, by the thread that gave it
   */
  static HttpServer start(int port, String name, Executor threads, Runnable answered)
      throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    byte[] body = name.getBytes(UTF_8);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
          answered.run();
        });
    server.start();
    return server;
  }
}
