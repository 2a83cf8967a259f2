package dev.weft.controlplane.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.common.config.Locality;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kubectl's grammar, over labels, metadata and what the registry knows. */
class InstanceSelectorTest {
  private static final Workload ONE =
      new Workload(
          "catalog-1",
          "shop",
          "catalog",
          "10.0.0.1",
          List.of(),
          Map.of("version", "v2", "app.kubernetes.io/name", "catalog", "tier", ""),
          Map.of("rack", "7", "version", "of metadata", "owner", "team-a"),
          new Locality("r", "b", ""),
          100,
          true,
          "one",
          WorkloadReadiness.NOT_READY,
          "",
          "self",
          "",
          1,
          null);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version=v2",
        "version==v2",
        "version = v2 , zone = b",
        "version=v2,zone!=a",
        "version in (v1,v2)",
        "version in ( v1 , v2 ),zone notin (a,c)",
        "app.kubernetes.io/name=catalog",
        "tier=",
        "tier",
        "!canary",
        "! canary",
        "canary!=yes",
        "canary notin (yes)",
        "rack=7",
        "rack>6",
        "rack<8,rack>-1",
        "owner=team-a",
        "id=catalog-1,namespace=shop,service=catalog,source=self,region=r",
        "state=not-ready",
        "weight=100",
        "peer=sidecar",
        "!sub-zone",
        "!node",
        "address=10.0.0.1"
      })
  void selects(String selector) {
    assertThat(InstanceSelector.parse(selector).selects(ONE)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version=v1",
        "version=of",
        "version=v2,zone!=b",
        "zone in (a,c)",
        "zone notin (b)",
        "canary",
        "canary=",
        "!version",
        "rack>7",
        "version>1",
        "canary>1",
        "sub-zone",
        "state=ready"
      })
  void doesNotSelect(String selector) {
    assertThat(InstanceSelector.parse(selector).selects(ONE)).isFalse();
  }

  @Test
  void whatAnOperatorSaysCounts() {
    Workload drained =
        ONE.withOverride(new OperatorOverride(true, "", 7, "disk", "jane", 1_000, 9));
    assertThat(InstanceSelector.parse("state=draining,weight=7").selects(drained)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version=v2,",
        ",",
        "=v2",
        "version=v2 zone=b",
        "version in v1,v2",
        "version in (v1",
        "version like v%",
        "a=b=c",
        "-a=b",
        "rack>many"
      })
  void saysWhatItCannotUnderstand(String selector) {
    assertThatThrownBy(() -> InstanceSelector.parse(selector))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be understood at \"");
    assertThatThrownBy(() -> InstanceSelector.parse("a=" + "b".repeat(4096)))
        .hasMessageContaining("expected at most 4096");
  }
}
