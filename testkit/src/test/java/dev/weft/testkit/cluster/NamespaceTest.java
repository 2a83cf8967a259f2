package dev.weft.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The namespace that a test gets in a real cluster. */
@ClusterTest
class NamespaceTest {
  @Test
  void whatIsAppliedIsThereAndMistakesAreTold(Cluster cluster) {
    cluster.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: one}
        data: {key: value}
        """);

    assertThat(cluster.field("configmap/one", "{.data.key}")).isEqualTo("value");
    assertThat(cluster.field("configmap/two", "{.data.key}")).isEmpty();
    assertThat(cluster.kubeconfig()).isRegularFile();
    assertThatThrownBy(() -> cluster.kubectl("get", "nothings"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nothings");
  }
}
