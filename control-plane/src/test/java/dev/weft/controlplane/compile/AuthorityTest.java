package dev.weft.controlplane.compile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways in which a service may be addressed. */
class AuthorityTest {
  @ParameterizedTest
  @CsvSource({
    "catalog, shop, catalog, 0",
    "catalog:8080, shop, catalog, 8080",
    "catalog.other, other, catalog, 0",
    "catalog.other:1, other, catalog, 1",
    "catalog.other.svc, other, catalog, 0",
    "catalog.other.svc:65535, other, catalog, 65535",
    "catalog.other.svc.cluster.local, other, catalog, 0",
    "catalog.other.svc.cluster.local.:80, other, catalog, 80",
    "catalog.svc, svc, catalog, 0",
    "svc.svc.svc, svc, svc, 0",
    "1-a.b-2, b-2, 1-a, 0"
  })
  void isAddressedSo(String authority, String namespace, String service, int port) {
    assertThat(Authority.parse(authority, "shop", "cluster.local"))
        .isEqualTo(new Authority(namespace, service, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        ":80",
        "catalog:",
        "catalog:0",
        "catalog:65536",
        "catalog:http",
        "catalog:080x",
        "a.b.c",
        "catalog.other.svc.example.com",
        "10.0.0.1",
        "[::1]:80",
        "my_host",
        "-a",
        "a-",
        "Catalog",
        "catalog..other",
        "a/b",
        "cat alog"
      })
  void isNoAddressOfTheMesh(String authority) {
    assertThat(Authority.parse(authority, "shop", "cluster.local")).isNull();
  }
}
