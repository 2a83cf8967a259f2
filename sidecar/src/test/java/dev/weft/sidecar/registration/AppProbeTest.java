package dev.weft.sidecar.registration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AppProbeTest {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private @Nullable HttpServer app;
  private volatile int status = 200;

  @AfterEach
  void stop() {
    if (app != null) {
      app.stop(0);
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void theApplicationIsReadyWhenItAnswersAndNotAnyMoreWhenItIsGone() throws IOException {
    int port = startApp(0);
    AppProbe probe = probe(port, null);
    loop.execute(probe::probe);
    await().until(() -> told.equals(List.of("true")));

    stopApp();
    // As the inbound stack does when a connect is refused.
    loop.execute(probe::probe);
    await().until(() -> told.size() == 2);
    assertThat(told.get(1)).startsWith("false").contains("127.0.0.1:" + port, "connect");

    startApp(port);
    await().until(() -> told.size() == 3);
    assertThat(told.get(2)).isEqualTo("true");
  }

  @Test
  void oneBadStatusIsForgivenTwoAreNot() throws IOException {
    AppProbe probe = probe(startApp(0), "/health");
    loop.execute(probe::probe);
    await().until(() -> told.equals(List.of("true")));

    status = 503;
    await().until(() -> told.size() == 2);
    assertThat(told.get(1)).contains("status 503");
  }

  private AppProbe probe(int port, @Nullable String path) {
    return new AppProbe(
        new InetSocketAddress("127.0.0.1", port),
        path,
        loop,
        NioSocketChannel.class,
        System::nanoTime,
        (ready, reason) -> told.add(ready + reason),
        bound -> {});
  }

  private int startApp(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext(
        "/health",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    app = server;
    return server.getAddress().getPort();
  }

  private void stopApp() {
    if (app != null) {
      app.stop(0);
      app = null;
    }
  }
}
