package dev.weft.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What gRPC says in heads: content types, timeouts, statuses, messages. */
class GrpcTest {
  @ParameterizedTest
  @CsvSource({
    "application/grpc, GRPC",
    "application/grpc+proto, GRPC",
    "Application/GRPC+json, GRPC",
    "application/grpc;charset=utf-8, GRPC",
    "application/grpc-web, WEB",
    "application/grpc-web+proto, WEB",
    "application/grpc-web-text, WEB_TEXT",
    "application/grpc-web-text+proto, WEB_TEXT",
    "application/grpcx, NONE",
    "application/grpc-webx, NONE",
    "application/grpc-we, NONE",
    "application/grp, NONE",
    "application/json, NONE",
    "'', NONE",
  })
  void theContentTypeSaysWhetherItIsGrpc(String type, GrpcKind kind) {
    assertThat(GrpcKind.of(TestHeads.request("POST", "content-type: " + type))).isEqualTo(kind);
  }

  @Test
  void aHeadWithoutContentTypeIsNotGrpc() {
    assertThat(GrpcKind.of(TestHeads.request("GET"))).isEqualTo(GrpcKind.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "1n, 1",
    "7u, 7000",
    "100m, 100000000",
    "99999999S, 99999999000000000",
    "2M, 120000000000",
    "1H, 3600000000000",
    "0m, 0",
    "99999999H, 3153600000000000000",
  })
  void aTimeoutIsDigitsAndAUnit(String text, long nanos) {
    assertThat(GrpcTimeout.of(TestHeads.request("POST", "grpc-timeout: " + text))).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "1", "1x", "-1m", "1.5S", "123456789m", "1 m", "+1S"})
  void aMalformedTimeoutIsNone(String text) {
    assertThat(GrpcTimeout.of(TestHeads.request("POST", "grpc-timeout: " + text)))
        .isEqualTo(GrpcTimeout.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1n",
    "99999999, 99999999n",
    "100000000, 100000u",
    "1999999999, 1999999u",
    "99999999999, 99999999u",
    "100000000000, 100000m",
    "3153600000000000000, 52560000M",
  })
  void aTimeoutIsWrittenAsFineAsItFitsAndNeverLonger(long nanos, String text) {
    byte[] bytes = new byte[GrpcTimeout.MAX_LENGTH];
    int length = GrpcTimeout.write(nanos, bytes);
    assertThat(new String(bytes, 0, length, StandardCharsets.US_ASCII)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "14, 14", "16, 16", "17, 2", "99, 2", "014, 2", "x, 2", "'', 2", "-1, 2"})
  void aStatusIsOneOfTheKnownOrUnknown(String text, int status) {
    assertThat(GrpcStatus.of(TestHeads.response(0, "grpc-status: " + text))).isEqualTo(status);
  }

  @Test
  void trailersWithoutAStatusMeanUnknown() {
    assertThat(GrpcStatus.of(TestHeads.response(200))).isEqualTo(GrpcStatus.NONE);
    assertThat(GrpcStatus.ofTrailers(null)).isEqualTo(GrpcStatus.UNKNOWN);
    assertThat(GrpcStatus.ofTrailers(TestHeads.response(0))).isEqualTo(GrpcStatus.UNKNOWN);
  }

  /** The table of http-grpc-status-mapping.md. */
  @ParameterizedTest
  @CsvSource({
    "400, 13", "401, 16", "403, 7", "404, 12", "429, 14", "502, 14", "503, 14", "504, 14", "200, 2",
    "500, 2", "418, 2",
  })
  void whatIsNotGrpcHasTheStatusThatAClientMakesOfIt(int http, int grpc) {
    assertThat(GrpcStatus.ofHttp(http)).isEqualTo(grpc);
  }

  @Test
  void aMessageIsPercentEncodedUtf8() {
    assertThat(GrpcStatus.message("50% für\nalle ~"))
        .asString()
        .isEqualTo("50%25 f%C3%BCr%0Aalle ~");
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void everyFailureHasAGrpcStatusOtherThanOk(Failure failure) {
    assertThat(failure.grpcStatus()).isBetween(1, 16);
  }
}
