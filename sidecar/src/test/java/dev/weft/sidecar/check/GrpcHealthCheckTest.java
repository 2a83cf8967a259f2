package dev.weft.sidecar.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sidecar.cluster.EndpointStatus.Health;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks by grpc.health.v1 against gRPC's own servers, and against what is none. */
final class GrpcHealthCheckTest extends HealthCheckFixture {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGrpcEndpointIsHealthyAsLongAsItsServiceIsServing(boolean overTls) throws Exception {
    var health = new HealthStatusManager();
    health.setStatus("shop.v1.Catalog", ServingStatus.SERVING);
    int port = grpcServer(overTls, health.getHealthService());
    configure(grpc("shop.v1.Catalog"), List.of(port), overTls ? tls("catalog.example") : null);
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEmpty();
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);

    health.setStatus("shop.v1.Catalog", ServingStatus.NOT_SERVING);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(0).reason()).isEqualTo("active check: NOT_SERVING");

    health.setStatus("shop.v1.Catalog", ServingStatus.SERVING);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void aGrpcEndpointThatDoesNotAnswerSoFails() throws Exception {
    int closed = refusedPort();
    configure(
        grpc(""),
        List.of(
            closed,
            grpcServer(false, ServerServiceDefinition.builder("other").build()),
            httpServer(new AtomicInteger(200)),
            serverThatSays("SSH-2.0-OpenSSH_9.6\r\n"),
            grpcServer(false, healthThatSays(5000)),
            grpcServer(false, healthThatSays(3))),
        null);
    tickUntilChecked(6);
    assertThat(reasons())
        .satisfiesExactly(
            reason -> assertThat(reason).startsWith("active check: connect: "),
            reason -> assertThat(reason).startsWith("active check: gRPC status UNIMPLEMENTED: "),
            reason -> assertThat(reason).startsWith("active check: the answer is not HTTP/2"),
            reason -> assertThat(reason).startsWith("active check: the answer is not HTTP/2"),
            reason ->
                assertThat(reason).isEqualTo("active check: an answer of more than 4096 bytes"),
            reason ->
                assertThat(reason)
                    .isEqualTo("active check: a response that is not one of grpc.health.v1"));
  }

  /** Answers a check with so many bytes that mean nothing. */
  private static ServerServiceDefinition healthThatSays(int length) {
    var bytes =
        new MethodDescriptor.Marshaller<byte[]>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            return new byte[0];
          }
        };
    var method =
        MethodDescriptor.newBuilder(bytes, bytes)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .build();
    byte[] answer = new byte[length];
    Arrays.fill(answer, (byte) 0xff);
    return ServerServiceDefinition.builder("grpc.health.v1.Health")
        .addMethod(
            method,
            ServerCalls.asyncUnaryCall(
                (request, out) -> {
                  out.onNext(answer);
                  out.onCompleted();
                }))
        .build();
  }
}
