package dev.weft.cli.demo.app;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One keep-alive connection to one address, made when it is needed. Sends each request exactly
 * once: whatever goes wrong is thrown, with whether the response had begun. Used by one thread at a
 * time.
 */
public final class HttpCaller implements Closeable {
  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;
  private static final int READ_TIMEOUT_MILLIS = 20_000;

  /** Less than any server keeps an idle connection, so that a request never meets a close. */
  private static final long MAX_IDLE_NANOS = TimeUnit.SECONDS.toNanos(4);

  private final String host;
  private final int port;
  private @Nullable Socket socket;
  private InputStream in = InputStream.nullInputStream();
  private long lastUsedNanos;
  private Wire.@Nullable Head head;

  /** Calls a port of the loopback address. */
  public HttpCaller(int port) {
    this(InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  /** Calls a host, whose address is looked up for each connection. */
  public HttpCaller(String host, int port) {
    this.host = host;
    this.port = port;
  }

  /** A request that got no complete response. */
  public static final class CallFailed extends IOException {
    private final boolean begun;

    CallFailed(boolean begun, IOException cause) {
      super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
      this.begun = begun;
    }

    /** Whether a byte of the response had arrived. */
    public boolean responseHadBegun() {
      return begun;
    }
  }

  /**
   * The status and headers of a response, whose body is still to be taken with {@link #takeBody}.
   */
  public record Answer(int status, String version, String instance, String error, String length) {}

  /**
   * Sends a GET and returns when the head of the response is there.
   *
   * @throws CallFailed when it does not come
   */
  public Answer get(String authority, String path) throws CallFailed {
    boolean begun = false;
    try {
      Socket connection = connected();
      OutputStream out = connection.getOutputStream();
      out.write(
          Wire.ascii(
              "GET "
                  + path
                  + " HTTP/1.1\r\nhost: "
                  + authority
                  + "\r\nuser-agent: weft-demo\r\n\r\n"));
      out.flush();
      in.mark(1);
      begun = in.read() >= 0;
      in.reset();
      Wire.Head answer = Wire.readHead(in);
      head = answer;
      return new Answer(
          Integer.parseInt(answer.firstLine().split(" ", 3)[1]),
          answer.header("x-catalog-version"),
          answer.header("x-catalog-instance"),
          answer.header("x-frontend-error"),
          answer.header("content-length"));
    } catch (IOException e) {
      close();
      throw new CallFailed(begun, e);
    }
  }

  /**
   * Takes the body of the last response and hands it on as it comes.
   *
   * @throws CallFailed when it ends too early
   */
  public void takeBody(OutputStream to) throws CallFailed {
    Wire.Head answer = head;
    if (answer == null) {
      throw new IllegalStateException("no response");
    }
    try {
      Wire.copyBody(answer, in, to);
    } catch (IOException e) {
      close();
      throw new CallFailed(true, e);
    }
    lastUsedNanos = System.nanoTime();
    if (answer.closes()) {
      close();
    }
  }

  private Socket connected() throws IOException {
    Socket present = socket;
    if (present != null && System.nanoTime() - lastUsedNanos < MAX_IDLE_NANOS) {
      return present;
    }
    close();
    Socket made = new Socket();
    made.setTcpNoDelay(true);
    made.setSoTimeout(READ_TIMEOUT_MILLIS);
    socket = made;
    made.connect(new InetSocketAddress(host, port), CONNECT_TIMEOUT_MILLIS);
    in = new BufferedInputStream(made.getInputStream(), 16 << 10);
    return made;
  }

  @Override
  public void close() {
    Socket present = socket;
    socket = null;
    if (present != null) {
      try {
        present.close();
      } catch (IOException e) {
        // It is of no use any more either way.
      }
    }
  }
}
