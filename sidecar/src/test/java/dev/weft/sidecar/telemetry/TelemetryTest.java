package dev.weft.sidecar.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TelemetryTest {
  private final Telemetry telemetry = new Telemetry(null);
  private final WorkerTelemetry first = telemetry.newWorker();
  private final WorkerTelemetry second = telemetry.newWorker();

  @Test
  void aScrapeShowsTheSumOfAllWorkers() {
    request(first, "catalog.default:80", 200, "", 900_000);
    request(second, "catalog.default:80", 200, "", 90_000);
    request(second, "catalog.default:80", 503, "UH", 90_000);
    request(second, "catalog.default:80", 503, "UF", 90_000);
    request(first, "catalog.default:80", 503, "UH", 90_000);
    first.count(WorkerCounter.DOWNSTREAM_CX_TOTAL, Direction.INBOUND);
    second.add(WorkerCounter.DOWNSTREAM_CX_ACTIVE, Direction.INBOUND, 3);

    assertThat(telemetry.scrape())
        .contains(
            "weft_upstream_rq_total{cluster=\"catalog.default:80\",direction=\"outbound\","
                + "response_code_class=\"2xx\",route=\"r\"} 2.0",
            "weft_upstream_rq_total{cluster=\"catalog.default:80\",direction=\"outbound\","
                + "response_code_class=\"5xx\",route=\"r\"} 3.0",
            "weft_upstream_rq_time_seconds_bucket{cluster=\"catalog.default:80\","
                + "direction=\"outbound\",route=\"r\",le=\"1.0E-4\"} 4",
            "weft_upstream_rq_time_seconds_count{cluster=\"catalog.default:80\","
                + "direction=\"outbound\",route=\"r\"} 5",
            "weft_rq_response_flag_total{cluster=\"catalog.default:80\","
                + "direction=\"outbound\",flag=\"UH\",route=\"r\"} 2.0",
            "weft_rq_response_flag_total{cluster=\"catalog.default:80\","
                + "direction=\"outbound\",flag=\"UF\",route=\"r\"} 1.0",
            "weft_downstream_cx_total{direction=\"inbound\"} 1.0",
            "weft_downstream_cx_active{direction=\"inbound\"} 3.0");
  }

  @Test
  void aScrapeSaysWhichProgramThisIsAndWhatItTakes() {
    assertThat(telemetry.scrape())
        .contains("weft_build_info{component=\"sidecar\",version=\"")
        .containsPattern("(?m)^process_cpu_seconds_total [0-9.E]+$")
        .containsPattern("(?m)^process_resident_memory_bytes [0-9.E]+$");
  }

  @Test
  void aClusterThatGoesTakesItsSeriesAlong() {
    request(first, "old.default:80", 200, "", 1);
    request(first, "kept.default:80", 200, "", 1);
    assertThat(telemetry.scrape()).contains("old.default:80");

    first.retainClusters(cluster -> cluster.startsWith("kept"));

    assertThat(telemetry.scrape()).doesNotContain("old.default:80").contains("kept.default:80");
  }

  @Test
  void seriesAreBounded() {
    for (int i = 0; i < WorkerTelemetry.MAX_SERIES + 10; i++) {
      request(first, "cluster-" + i, 200, "", 1);
    }

    assertThat(first.series()).hasSize(WorkerTelemetry.MAX_SERIES + 1);
    assertThat(telemetry.scrape())
        .contains(
            "weft_upstream_rq_total{cluster=\"-\",direction=\"outbound\","
                + "response_code_class=\"2xx\",route=\"-\"} 10.0");
  }

  private static void request(
      WorkerTelemetry worker, String cluster, int status, String flags, long nanos) {
    RequestRecord record = worker.newRecord();
    record.begin(Direction.OUTBOUND, 0, 0);
    record.status(status);
    record.flags(flags);
    record.route("r", cluster);
    record.attempts(1);
    worker.finished(record, nanos);
  }
}
