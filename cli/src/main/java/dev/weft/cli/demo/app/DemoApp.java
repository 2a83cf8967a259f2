package dev.weft.cli.demo.app;

import dev.weft.cli.demo.app.HttpCaller.Answer;
import dev.weft.cli.demo.app.HttpCaller.CallFailed;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Supplier;

/**
 * One instance of a service of the demo: {@code catalog} answers with a few kilobytes, its version
 * and its name; {@code frontend} asks {@code catalog} through its sidecar and passes on what comes,
 * failures too. Ends with its standard input.
 */
public final class DemoApp {
  /** From now on it fails whatever it is asked. */
  public static final String ILL = "/ill";

  /** From now on it does not. */
  public static final String WELL = "/well";

  private static final int BACKLOG = 512;

  private final String service;
  private final String version;
  private final String instance;
  private final Supplier<HttpCaller> catalog;
  private final ConcurrentLinkedDeque<HttpCaller> idle = new ConcurrentLinkedDeque<>();

  /** It says that it is healthy, and answers nothing but 503. */
  private volatile boolean ill;

  DemoApp(String service, String version, String instance, Supplier<HttpCaller> catalog) {
    this.service = service;
    this.version = version;
    this.instance = instance;
    this.catalog = catalog;
  }

  /** Arguments: service, version, instance, port, the sidecar's outbound port (0: none). */
  public static void main(String[] args) throws IOException {
    int outboundPort = Integer.parseInt(args[4]);
    DemoApp app = new DemoApp(args[0], args[1], args[2], () -> new HttpCaller(outboundPort));
    Thread.ofPlatform().daemon().name("parent-watch").start(DemoApp::endWithParent);
    app.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[3])));
  }

  /** Serves until the process ends. */
  void listen(InetSocketAddress address) throws IOException {
    try (ServerSocket server = new ServerSocket()) {
      server.setReuseAddress(true);
      server.bind(address, BACKLOG);
      System.out.println(instance + " listens on " + server.getLocalPort());
      while (true) {
        Socket connection = server.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    }
  }

  private static void endWithParent() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The same as its end.
    }
    Runtime.getRuntime().halt(0);
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(connection.getInputStream());
      OutputStream out = new BufferedOutputStream(connection.getOutputStream(), 16 << 10);
      while (true) {
        Wire.Head request = Wire.readHead(in);
        Wire.copyBody(request, in, OutputStream.nullOutputStream());
        String[] line = request.firstLine().split(" ");
        String path = line.length > 1 ? line[1] : "/";
        if (path.equals("/health")) {
          answer(out, "200 OK", "", "ok\n");
        } else if (path.equals(ILL) || path.equals(WELL)) {
          ill = path.equals(ILL);
          answer(out, "200 OK", "", "ok\n");
        } else if (ill) {
          answer(out, "503 Service Unavailable", "", "ill\n");
        } else if (service.equals("frontend")) {
          passOn(out, path);
        } else {
          answer(out, "200 OK", identity(), goods());
        }
        out.flush();
        if (request.closes()) {
          return;
        }
      }
    } catch (IOException e) {
      // The peer has gone, or a response that had begun cannot be completed: closing says so.
    }
  }

  private String identity() {
    return "x-catalog-version: " + version + "\r\nx-catalog-instance: " + instance + "\r\n";
  }

  private String goods() {
    StringBuilder goods = new StringBuilder(3 << 10);
    goods.append("{\"version\":\"").append(version).append("\",\"instance\":\"").append(instance);
    goods.append("\",\"items\":[");
    for (int i = 0; i < 48; i++) {
      goods
          .append(i == 0 ? "" : ",")
          .append("{\"sku\":\"")
          .append(1000 + i)
          .append("\",\"name\":\"a yard of cloth\",\"cents\":")
          .append(250 + i)
          .append('}');
    }
    return goods.append("]}\n").toString();
  }

  private void passOn(OutputStream out, String path) throws IOException {
    HttpCaller caller = idle.pollFirst();
    if (caller == null) {
      caller = catalog.get();
    }
    Answer answer;
    try {
      answer = caller.get("catalog", path);
    } catch (CallFailed e) {
      String error = "x-frontend-error: " + e.getMessage() + "\r\n";
      answer(out, "502 Bad Gateway", error, "catalog: " + e.getMessage() + "\n");
      return;
    }
    StringBuilder head = new StringBuilder();
    head.append("HTTP/1.1 ").append(answer.status()).append(" Passed On\r\ncontent-length: ");
    head.append(answer.length().isEmpty() ? "0" : answer.length()).append("\r\n");
    if (!answer.version().isEmpty()) {
      head.append("x-catalog-version: ").append(answer.version()).append("\r\n");
      head.append("x-catalog-instance: ").append(answer.instance()).append("\r\n");
    }
    if (answer.status() >= 500) {
      head.append("x-frontend-error: catalog answered ").append(answer.status()).append("\r\n");
    }
    out.write(Wire.ascii(head.append("\r\n").toString()));
    try {
      caller.takeBody(out);
    } catch (CallFailed e) {
      // What has come goes on before this connection breaks too.
      out.flush();
      throw e;
    }
    idle.addFirst(caller);
  }

  private static void answer(OutputStream out, String status, String headers, String body)
      throws IOException {
    byte[] bytes = Wire.ascii(body);
    out.write(
        Wire.ascii(
            "HTTP/1.1 "
                + status
                + "\r\ncontent-type: application/json\r\ncontent-length: "
                + bytes.length
                + "\r\n"
                + headers
                + "\r\n"));
    out.write(bytes);
  }
}
