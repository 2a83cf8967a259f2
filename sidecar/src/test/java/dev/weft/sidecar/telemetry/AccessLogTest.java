package dev.weft.sidecar.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.head.HeadView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogTest {
  private static final long START_MICROS = 1_767_225_600_000_042L;

  @TempDir Path dir;

  @Test
  void writesOneJsonLinePerRequest() throws IOException {
    Path file = dir.resolve("access.log");
    try (AccessLog log = AccessLog.open(file.toString())) {
      var worker = new Telemetry(log).newWorker();
      RequestRecord record = worker.newRecord();
      record.begin(Direction.OUTBOUND, START_MICROS, 1_000);
      record.head(head("GET", "catalog:80", "/items/\"7\"\n"));
      record.traceId("4bf92f3577b34da6a3ce929d0e0e4736".getBytes(StandardCharsets.US_ASCII), 0, 32);
      record.status(200);
      record.route("default/catalog", "catalog.default:80");
      record.upstreamHost("10.0.0.7:8080");
      record.bytesReceived(3);
      record.bytesSent(2048);
      record.attempts(2);
      worker.finished(record, 1_234_000);
    }

    assertThat(Files.readString(file))
        .isEqualTo(
            "{\"time\":\"2026-01-01T00:00:00.000042Z\",\"direction\":\"outbound\",\"method\":\"GET\","
                + "\"authority\":\"catalog:80\",\"path\":\"/items/\\\"7\\\"\\u000a\","
                + "\"protocol\":\"HTTP/1.1\",\"response_code\":200,\"response_flags\":\"-\","
                + "\"bytes_received\":3,\"bytes_sent\":2048,\"duration_us\":1233,"
                + "\"upstream_host\":\"10.0.0.7:8080\",\"upstream_cluster\":\"catalog.default:80\","
                + "\"route_name\":\"default/catalog\",\"attempts\":2,"
                + "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"request_id\":\"\",\"downstream_remote_address\":\"-\"}\n");
  }

  @Test
  void aGrpcCallsStatusStandsBesideTheHttpStatus() throws IOException {
    Path file = dir.resolve("access.log");
    try (AccessLog log = AccessLog.open(file.toString())) {
      var worker = new Telemetry(log).newWorker();
      RequestRecord record = worker.newRecord();
      record.begin(Direction.OUTBOUND, START_MICROS, 1_000);
      record.status(200);
      record.grpcStatus(14);
      worker.finished(record, 2_000);
      record.begin(Direction.OUTBOUND, START_MICROS, 1_000);
      record.status(200);
      worker.finished(record, 2_000);
    }

    assertThat(Files.readAllLines(file))
        .satisfiesExactly(
            grpc ->
                assertThat(grpc)
                    .contains("\"response_code\":200,\"grpc_status\":14,\"response_flags\""),
            http -> assertThat(http).doesNotContain("grpc_status"));
  }

  @Test
  void aBlockedWriterCostsLinesAndNeverHoldsTheWorkerUp() {
    var unblock = new CountDownLatch(1);
    var blocked =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("whole buffers only");
          }

          @Override
          public void write(byte[] b, int off, int len) throws IOException {
            try {
              unblock.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    try (AccessLog log = AccessLog.to(blocked)) {
      var telemetry = new Telemetry(log);
      var worker = telemetry.newWorker();
      RequestRecord record = worker.newRecord();
      for (int i = 0; i < 20_000; i++) {
        record.begin(Direction.INBOUND, START_MICROS, 0);
        worker.finished(record, 1);
      }

      assertThat(log.dropped()).isGreaterThan(10_000);
      assertThat(telemetry.scrape())
          .contains("weft_access_log_dropped_total " + (double) log.dropped());
      unblock.countDown();
    }
  }

  @Test
  void aRecordAfterAPauseIsWrittenToo() {
    var out = new ByteArrayOutputStream();
    try (AccessLog log = AccessLog.to(out)) {
      var worker = new Telemetry(log).newWorker();
      RequestRecord record = worker.newRecord();
      for (int i = 1; i <= 3; i++) {
        record.begin(Direction.INBOUND, START_MICROS, 0);
        record.status(200 + i);
        worker.finished(record, 1);
        String expected = "\"response_code\":" + (200 + i);
        await().until(() -> out.toString(StandardCharsets.UTF_8).contains(expected));
      }
    }
  }

  static HeadView head(String method, String authority, String path) {
    var filler = new HeadView.Filler();
    filler.begin(
        ByteBuffer.wrap((method + authority + path).getBytes(StandardCharsets.ISO_8859_1)));
    int authorityStart = method.length();
    int pathStart = authorityStart + authority.length();
    filler.method(0, authorityStart);
    filler.authority(authorityStart, pathStart);
    filler.path(pathStart, pathStart + path.length());
    return filler.view();
  }
}
