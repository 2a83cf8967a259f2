package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.testkit.SocketThreads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A sidecar process that the kernel gives no more descriptors. */
@EnabledOnOs(OS.LINUX)
class DescriptorsTest {
  private static final int DESCRIPTORS = 400;
  private static final int CALLERS = 600;
  private static final Pattern PORTS =
      Pattern.compile("inbound 127\\.0\\.0\\.1:(\\d+), admin 127\\.0\\.0\\.1:(\\d+)");
  private static final Pattern PAUSES = Pattern.compile("\naccept-pause +(\\d+) ");
  private static final String GET = "GET / HTTP/1.1\r\nhost: app\r\n\r\n";

  private final List<Socket> sockets = new ArrayList<>();
  private volatile int inboundPort;
  private volatile int adminPort;
  private final HttpServer app;
  private final Process process;

  DescriptorsTest() throws IOException {
    app = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    app.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("ok".getBytes(StandardCharsets.US_ASCII));
          exchange.close();
        });
    app.start();
    process =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n " + DESCRIPTORS + " && exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.net.preferIPv4Stack=true",
                "-cp",
                System.getProperty("java.class.path"),
                SidecarMain.class.getName(),
                "--node-id=a",
                "--service=a",
                "--control-plane=127.0.0.1:1",
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--app-port=" + app.getAddress().getPort(),
                // More than there are descriptors for: what is derived would never let it come so
                // far.
                "--max-connections=100000")
            .redirectErrorStream(true)
            .start();
  }

  @AfterEach
  void stop() throws IOException {
    process.destroyForcibly();
    close(sockets);
    app.stop(0);
  }

  @Test
  void itDoesNotSpinServesWhatItHasAndRecovers() throws Exception {
    SocketThreads.start(this::readLog);
    await().atMost(Duration.ofMinutes(1)).until(() -> adminPort != 0);
    int inbound = inboundPort;
    int admin = adminPort;
    Socket served = connect(inbound);
    await().untilAsserted(() -> assertThat(get(served, "/")).startsWith("HTTP/1.1 200"));
    // Once, so that no class has to be opened when nothing can be.
    assertThat(get(connect(admin), "/limits")).contains("accept-pause");
    Queue<Socket> admins = new ArrayDeque<>();
    for (int i = 0; i < 16; i++) {
      admins.add(connect(admin));
    }
    List<Socket> flood = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      flood.add(connect(inbound));
    }

    long cpu = cpuMillis();
    long since = System.nanoTime();
    var pauses = new long[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(300))
        .until(() -> (pauses[0] = pauses(get(admins.remove(), "/limits"))) >= 10);
    long wall = (System.nanoTime() - since) / 1_000_000;
    long used = cpuMillis() - cpu;

    // Two listeners pause on their own; what was counted before the clock began is little.
    assertThat(pauses[0]).as("pauses within %d ms", wall).isLessThanOrEqualTo(2 * wall / 100 + 10);
    assertThat(used).as("CPU time within %d ms", wall).isLessThan(wall / 2 + 200);
    assertThat(get(served, "/")).startsWith("HTTP/1.1 200");

    close(flood);
    await()
        .untilAsserted(
            () -> {
              Socket again = connect(inbound);
              assertThat(get(again, "/")).startsWith("HTTP/1.1 200");
            });
  }

  private void readLog() {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher found = PORTS.matcher(line);
        if (found.find()) {
          inboundPort = Integer.parseInt(found.group(1));
          adminPort = Integer.parseInt(found.group(2));
        }
      }
    } catch (IOException e) {
      // The process was ended.
    }
  }

  private Socket connect(int port) throws IOException {
    var socket = new Socket();
    socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
    socket.setSoTimeout(10_000);
    sockets.add(socket);
    return socket;
  }

  /** Of a kept connection what has come with the head; of another everything. */
  private static String get(Socket socket, String path) throws IOException {
    socket
        .getOutputStream()
        .write(GET.replace("/ ", path + " ").getBytes(StandardCharsets.US_ASCII));
    var text = new StringBuilder();
    byte[] buffer = new byte[64 * 1024];
    int read = socket.getInputStream().read(buffer);
    while (read > 0) {
      text.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
      if (!text.toString().contains("connection: close") && text.toString().endsWith("ok")) {
        break;
      }
      read = socket.getInputStream().read(buffer);
    }
    return text.toString();
  }

  private static long pauses(String page) {
    Matcher found = PAUSES.matcher(page);
    assertThat(found.find()).as(page).isTrue();
    return Long.parseLong(found.group(1));
  }

  /** The process's own and the kernel's time for it; a tick of the clock is 10 ms. */
  private long cpuMillis() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return 10 * (Long.parseLong(fields[11]) + Long.parseLong(fields[12]));
  }

  private static void close(List<Socket> all) throws IOException {
    for (Socket socket : all) {
      socket.close();
    }
  }
}
