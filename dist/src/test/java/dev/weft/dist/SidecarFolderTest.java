package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

final class SidecarFolderTest {
  private final Distribution sidecar = Distribution.built().sidecar();

  /** A jar more is memory and start time in every pod: whoever adds one says so here. */
  @Test
  void theSidecarHasItsOwnJarsAndNoMore() throws IOException {
    assertThat(sidecar.jars())
        .containsExactly(
            "failureaccess",
            "grpc-api",
            "grpc-core",
            "grpc-netty",
            "grpc-protobuf-lite",
            "grpc-stub",
            "grpc-util",
            "gson",
            "guava",
            "jspecify",
            "micrometer-commons",
            "micrometer-core",
            "micrometer-observation",
            "micrometer-registry-prometheus",
            "netty-buffer",
            "netty-codec-base",
            "netty-codec-compression",
            "netty-codec-http",
            "netty-codec-http2",
            "netty-common",
            "netty-handler",
            "netty-resolver",
            "netty-tcnative-boringssl-static-linux-aarch_64",
            "netty-tcnative-boringssl-static-linux-x86_64",
            "netty-tcnative-classes",
            "netty-transport",
            "netty-transport-classes-epoll",
            "netty-transport-native-epoll-linux-aarch_64",
            "netty-transport-native-epoll-linux-x86_64",
            "netty-transport-native-unix-common",
            "perfmark-api",
            "prometheus-metrics-config",
            "prometheus-metrics-core",
            "prometheus-metrics-exposition-textformats",
            "prometheus-metrics-model",
            "prometheus-metrics-tracer-common",
            "protobuf-javalite",
            "re2j",
            "weft-sidecar-lite");
  }

  /** Netty would write them to the folder of temporary files, which may be read-only. */
  @Test
  void nativeLibrariesAreFilesOfTheirOwn() {
    assertThat(sidecar.home().resolve("native"))
        .isDirectoryContaining("glob:**/libnetty_transport_native_epoll_*.so")
        .isDirectoryContaining("glob:**/libnetty_tcnative_*.so");
    assertThat(sidecar.home().resolve("bin/launch.sh")).content().contains("-Djava.library.path");
  }

  @Test
  void theSidecarNeedsNothingOutsideItsFolder() throws IOException {
    assertThat(Files.readString(sidecar.home().resolve("bin/weft-sidecar")))
        .doesNotContain("../..");
    assertThat(sidecar.home().resolve("bin/launch.sh")).exists();
    assertThat(sidecar.home().resolve("conf/weft-sidecar.options"))
        .content()
        .contains("-Xmx64m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders");
  }
}
