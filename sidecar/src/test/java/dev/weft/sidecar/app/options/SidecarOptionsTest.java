package dev.weft.sidecar.app.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.sidecar.discovery.ControlPlaneAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarOptionsTest {
  @Test
  void whatIsNotGivenHasADefault() {
    SidecarOptions options = parse("--node-id", "a-0", "--service", "a");

    assertThat(options.namespace()).isEqualTo("default");
    assertThat(options.outboundPort()).isEqualTo(15001);
    assertThat(options.inboundPort()).isEqualTo(15006);
    assertThat(options.adminPort()).isEqualTo(15000);
    assertThat(options.controlPlanes()).containsExactly(new ControlPlaneAddress("127.0.0.1", 7700));
    assertThat(options.bind()).isEqualTo("127.0.0.1");
    assertThat(options.address()).isEqualTo("127.0.0.1");
    assertThat(options.appHealthPath()).isNull();
    assertThat(options.stateDirectory()).isNull();
    assertThat(options.workers()).isEqualTo(1);
    assertThat(options.locality()).containsExactly("", "", "");
  }

  @Test
  void theCommandLineComesBeforeTheEnvironment() {
    SidecarOptions options =
        SidecarOptions.parse(
            List.of("--service=b", "--label", "x=1", "--label", "y=2", "--locality=eu/a"),
            Map.of(
                "WEFT_NODE_ID", "b-0",
                "WEFT_SERVICE", "a",
                "WEFT_LABEL", "z=3",
                "WEFT_CONTROL_PLANE", "one:1,[::1]:2,three"));

    assertThat(options.nodeId()).isEqualTo("b-0");
    assertThat(options.service()).isEqualTo("b");
    assertThat(options.labels()).isEqualTo(Map.of("x", "1", "y", "2"));
    assertThat(options.locality()).containsExactly("eu", "a", "");
    assertThat(options.controlPlanes())
        .containsExactly(
            new ControlPlaneAddress("one", 1),
            new ControlPlaneAddress("::1", 2),
            new ControlPlaneAddress("three", 7700));
  }

  @Test
  void aPlaceIsARegionAZoneInItAndASubZoneInThat() {
    assertThat(parse("--node-id=a", "--service=a", "--locality=eu/a/one").locality())
        .containsExactly("eu", "a", "one");
    assertThat(parse("--node-id=a", "--service=a", "--locality=eu").locality())
        .containsExactly("eu", "", "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--service a                            | --node-id is missing",
        "--node-id A --service a                | --node-id is \"A\": expected up to 63 of a-z",
        "--node-id a --service a --adminport 1  | unknown flag --adminport: did you mean --admin-port?",
        "--node-id a --service a --admin-port x | --admin-port is \"x\": expected a number from 0",
        "--node-id a --service a --workers      | --workers needs a value",
        "--node-id a --service a --label x      | --label is \"x\": expected NAME=VALUE",
        "--node-id a --service a --control-plane h:0 | \"h:0\" is no control plane address",
        "--node-id a --service a --app-health-path x | expected a path that begins with /",
        "--node-id a --service a --bind 0.0.0.0 --app-port 1 | --address is missing",
        "--node-id a --service a --token-file t | --token-file is given without --control-plane-ca"
      })
  void aWrongFlagIsNamedWithWhatWasExpected(String line, String expected) {
    assertThatThrownBy(() -> parse(line.split(" ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected);
  }

  private static SidecarOptions parse(String... arguments) {
    return SidecarOptions.parse(List.of(arguments), Map.of());
  }
}
