package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the port does with connections that are no gRPC. */
class GrpcPortTest {
  private static final int PATIENCE_MILLIS = 30_000;
  private static final byte[] NO_HTTP2 =
      "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path directory;

  /** What gRPC logs. */
  private static final class Log extends Handler {
    final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(LogRecord line) {
      lines.add(line.getLoggerName() + ": " + line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void whoeverSpeaksSomethingElseIsHungUpOnAndDoesNotFillTheLog() throws Exception {
    var log = new Log();
    Logger grpc = Logger.getLogger("io.grpc");
    grpc.addHandler(log);
    try (ControlPlane controlPlane =
        ControlPlane.start(ControlPlaneOptions.embedded(directory).withPorts(0, 0))) {
      controlPlane.ready().join();
      for (int i = 0; i < 10; i++) {
        try (Socket caller = new Socket("127.0.0.1", controlPlane.grpcPort())) {
          caller.setSoTimeout(PATIENCE_MILLIS);
          caller.getOutputStream().write(NO_HTTP2);
          assertThat(caller.getInputStream().readAllBytes()).isNotNull();
        }
      }
    } finally {
      grpc.removeHandler(log);
    }
    assertThat(log.lines).isEmpty();
  }
}
