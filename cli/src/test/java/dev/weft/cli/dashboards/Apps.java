package dev.weft.cli.dashboards;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Applications behind the sidecars of the mesh, on free ports of the loopback. */
final class Apps implements AutoCloseable {
  private static final int SECONDS = 20;

  private final Executor threads;
  private final List<HttpServer> servers = new ArrayList<>();
  private final AtomicInteger holding = new AtomicInteger();
  private final Semaphore released = new Semaphore(0);
  private final CountDownLatch closed = new CountDownLatch(1);

  Apps(Executor threads) {
    this.threads = threads;
  }

  /** One that answers. */
  int good() throws IOException {
    return serve(exchange -> answer(exchange, 200));
  }

  /** One that is out of order. */
  int failing() throws IOException {
    return serve(exchange -> answer(exchange, 503));
  }

  /** One that answers when it is let go. */
  int held() throws IOException {
    return serve(
        exchange -> {
          holding.incrementAndGet();
          wait(() -> released.tryAcquire(SECONDS, TimeUnit.SECONDS));
          answer(exchange, 200);
        });
  }

  /** How many requests are held now. */
  int holding() {
    return holding.get();
  }

  /** Has those that are held now answered. */
  void letGo() {
    released.release(holding.getAndSet(0));
  }

  /** One that never answers. */
  int silent() throws IOException {
    return serve(
        exchange -> {
          wait(() -> closed.await(2L * SECONDS, TimeUnit.SECONDS));
          exchange.close();
        });
  }

  @Override
  public void close() {
    closed.countDown();
    servers.forEach(server -> server.stop(0));
  }

  private int serve(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] body = "an answer\n".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** Something that waits for a bounded time. */
  private interface Waiting {
    boolean await() throws InterruptedException;
  }

  private static void wait(Waiting waiting) throws IOException {
    try {
      if (!waiting.await()) {
        throw new IOException("nobody let it go");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
