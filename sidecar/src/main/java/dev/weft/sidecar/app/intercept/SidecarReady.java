package dev.weft.sidecar.app.intercept;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Asks the sidecar of this pod whether it is ready, for those that wait until it is. By a socket:
 * whoever waits is a process of its own, and the JDK's client would be most of it. One thread.
 */
public final class SidecarReady {
  private static final int ANSWER_MILLIS = 2000;
  private static final int ANSWER_BYTES = 4096;
  private static final long LOOK_MILLIS = 50;

  /** As long as a start usually takes nobody wants to hear of it. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);

  private SidecarReady() {}

  /**
   * Why it is not ready; empty when it is.
   *
   * @param port its probe port
   */
  public static String problem(int port) {
    try (var socket = new Socket()) {
      socket.setSoTimeout(ANSWER_MILLIS);
      socket.connect(
          new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), ANSWER_MILLIS);
      socket
          .getOutputStream()
          .write(
              "GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(ANSWER_BYTES);
      return said(new String(answer, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String said(String answer) {
    String[] status = answer.lines().findFirst().orElse("").split(" ");
    if (status.length < 2) {
      return "it hangs up";
    }
    if (status[1].equals("200")) {
      return "";
    }
    int body = answer.indexOf("\r\n\r\n");
    String reason = body < 0 ? "" : answer.substring(body + 4).strip();
    return "/ready answers " + status[1] + (reason.isEmpty() ? "" : ": " + reason);
  }

  /**
   * Returns when it is ready, however long that takes: what ends a pod in the making ends this
   * process, too. Says what it waits for, and anew when that changes.
   */
  static void await(int port) throws InterruptedException {
    long from = System.nanoTime();
    String told = "";
    for (String problem = problem(port); !problem.isEmpty(); problem = problem(port)) {
      if (!problem.equals(told) && System.nanoTime() - from > QUIET_NANOS) {
        told = problem;
        System.out.println(
            "weft-sidecar intercept: the application has to wait until the sidecar is ready: "
                + problem);
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }
}
