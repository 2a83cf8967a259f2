package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.SocketThreads;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A thousand connections, or streams, stand still half-way through a body, and the process with the
 * direct memory that it ships with neither runs out of it nor takes more than it can pass on.
 */
@EnabledOnOs(OS.LINUX)
class StalledTest {
  private static final int STALLED = 1000;
  private static final int STREAMS = 100;
  private static final long DIRECT = 64L << 20;
  private static final Pattern PORTS =
      Pattern.compile("inbound 127\\.0\\.0\\.1:(\\d+), admin 127\\.0\\.0\\.1:(\\d+)");
  private static final Pattern USED = Pattern.compile("\nweft_memory_direct_used (\\S+)");
  // What kernels may hold of one connection on its two legs; 4 MB and 6 MB are their usual most,
  // and test sockets ask for little.
  private static final int KERNEL_BUFFER = 32 * 1024;

  private final List<AutoCloseable> open = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong moved = new AtomicLong();
  private final ServerSocket app = new ServerSocket();
  private @Nullable Process process;
  private volatile int inboundPort;
  private volatile int adminPort;

  /** Who does not read, and what both ends speak. */
  enum Who {
    THE_CALLER(true, false, false),
    THE_CALLER_OF_HTTP2(true, true, false),
    THE_CALLER_OF_AN_APPLICATION_OF_HTTP2(true, false, true),
    THE_APPLICATION(false, false, false),
    // Each body is passed on whole, and would be kept whole until a response begins.
    THE_APPLICATION_THAT_OWES_RESPONSES(false, false, false, 60_000),
    THE_APPLICATION_BEHIND_HTTP2(false, true, false),
    THE_APPLICATION_OF_HTTP2(false, false, true);

    private final boolean callers;
    private final boolean fromHttp2;
    private final boolean toHttp2;
    private final long body;

    Who(boolean callers, boolean fromHttp2, boolean toHttp2) {
      this(callers, fromHttp2, toHttp2, 1_000_000_000);
    }

    Who(boolean callers, boolean fromHttp2, boolean toHttp2, long body) {
      this.callers = callers;
      this.fromHttp2 = fromHttp2;
      this.toHttp2 = toHttp2;
      this.body = body;
    }
  }

  StalledTest() throws IOException {
    app.setReceiveBufferSize(KERNEL_BUFFER);
    app.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2000);
  }

  private Process start(int appPort, String appProtocol) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:MaxDirectMemorySize=64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dio.netty.allocator.numDirectArenas=1",
            "-Dio.netty.allocator.maxOrder=6",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            SidecarMain.class.getName(),
            "--node-id=a",
            "--service=a",
            "--control-plane=127.0.0.1:1",
            "--outbound-port=0",
            "--inbound-port=0",
            "--admin-port=0",
            "--app-protocol=" + appProtocol,
            "--app-port=" + appPort)
        .redirectErrorStream(true)
        .start();
  }

  @AfterEach
  void stop() throws Exception {
    if (process != null) {
      process.destroyForcibly();
    }
    app.close();
    for (AutoCloseable each : List.copyOf(open)) {
      each.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Who.class)
  void memoryStaysWithinTheBoundAndTheSenderIsStopped(Who who) throws Exception {
    var pourer = new Http2Pourer(moved, KERNEL_BUFFER);
    open.add(pourer);
    int port = who.toHttp2 ? pourer.serve(who.callers) : app.getLocalPort();
    Process sidecar = start(port, who.toHttp2 ? "h2c" : "http");
    process = sidecar;
    SocketThreads.start(() -> readLog(sidecar));
    if (!who.toHttp2) {
      SocketThreads.start(() -> accept(who.callers));
    }
    await().atMost(Duration.ofMinutes(1)).until(() -> adminPort != 0);
    for (int i = 0; i < STALLED / STREAMS && who.fromHttp2; i++) {
      if (who.callers) {
        write(connect(), ByteBuffer.wrap(requests()));
      } else {
        pourer.call(inboundPort, STREAMS);
      }
    }
    for (int i = 0; i < STALLED && !who.fromHttp2; i++) {
      begin(who);
    }

    // Nobody gets on any more: the same at two looks in a row. Or, since kernels take megabytes of
    // each and streams share their turns, more has come than the process could hold.
    var before = new long[] {-1};
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              long now = moved.get();
              boolean still = now == before[0] && now > 0;
              before[0] = now;
              return still || ((who.fromHttp2 || who.toHttp2) && now > 3 * DIRECT);
            });
    long used = used();
    assertThat(sidecar.isAlive()).isTrue();
    assertThat(used).as("direct memory").isLessThan(DIRECT * 85 / 100);
    assertThat(admin("/limits")).contains("memory-shed                     0 ");
    // What one leg's kernels and the process hold of each, and not what a file has.
    assertThat(moved.get() / STALLED).as("bytes per connection").isLessThan(12L << 20);
  }

  private void begin(Who who) throws IOException {
    SocketChannel caller = connect();
    String head =
        who.callers
            ? "GET / HTTP/1.1\r\nhost: app\r\n\r\n"
            : "PUT / HTTP/1.1\r\nhost: app\r\ncontent-length: " + who.body + "\r\n\r\n";
    write(caller, StandardCharsets.US_ASCII.encode(head));
    if (!who.callers) {
      SocketThreads.start(() -> pour(caller, who.body));
    }
  }

  private SocketChannel connect() throws IOException {
    SocketChannel caller = SocketChannel.open();
    caller.socket().setReceiveBufferSize(KERNEL_BUFFER);
    caller.socket().setSendBufferSize(KERNEL_BUFFER);
    caller.connect(new InetSocketAddress("127.0.0.1", inboundPort));
    open.add(caller);
    return caller;
  }

  /** A preface, SETTINGS that allow each stream a megabyte, and a GET on each stream. */
  private static byte[] requests() throws IOException {
    var out = new ByteArrayOutputStream();
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    out.write(new byte[] {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 16, 0, 0});
    // And the connection as much as it wants.
    out.write(new byte[] {0, 0, 4, 8, 0, 0, 0, 0, 0, 0x40, 0, 0, 0});
    for (int i = 0; i < STREAMS; i++) {
      int id = 2 * i + 1;
      out.write(new byte[] {0, 0, 8, 1, 5, 0, 0, (byte) (id >> 8), (byte) id});
      // GET, /, http, and an authority: indexed fields, and one literal.
      out.write(new byte[] {(byte) 0x82, (byte) 0x84, (byte) 0x86, 0x41, 3, 'a', 'p', 'p'});
    }
    return out.toByteArray();
  }

  private void accept(boolean callers) {
    try {
      while (true) {
        Socket socket = app.accept();
        socket.setSendBufferSize(KERNEL_BUFFER);
        open.add(socket);
        if (callers) {
          SocketThreads.start(() -> answer(socket));
        }
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  /** A response without end; to the probe one, too, which has gone by then. */
  private void answer(Socket socket) {
    try {
      InputStream in = socket.getInputStream();
      if (in.read() < 0) {
        return;
      }
      OutputStream out = socket.getOutputStream();
      out.write(
          "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      byte[] piece = new byte[16 * 1024];
      while (true) {
        out.write(piece);
        moved.addAndGet(piece.length);
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void pour(SocketChannel caller, long body) {
    ByteBuffer piece = ByteBuffer.allocate(16 * 1024);
    try {
      for (long left = body; left > 0; ) {
        int written = caller.write(piece.clear().limit((int) Math.min(left, piece.capacity())));
        left -= written;
        moved.addAndGet(written);
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private static void write(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  private long used() throws IOException {
    Matcher found = USED.matcher(admin("/metrics"));
    assertThat(found.find()).isTrue();
    return (long) Double.parseDouble(found.group(1));
  }

  private String admin(String path) throws IOException {
    try (var socket = new Socket("127.0.0.1", adminPort)) {
      socket
          .getOutputStream()
          .write(("GET " + path + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void readLog(Process from) {
    try (var lines =
        new BufferedReader(new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
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
}
