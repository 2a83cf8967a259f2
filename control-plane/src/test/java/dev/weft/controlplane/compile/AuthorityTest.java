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

  @ParameterizedTest
  @CsvSource({
    "web-0.web, shop, web, web-0, 0",
    "web-0.web:8080, shop, web, web-0, 8080",
    "web-0.web.other, other, web, web-0, 0",
    "web-0.web.other.svc:80, other, web, web-0, 80",
    "web-0.web.other.svc.cluster.local., other, web, web-0, 0"
  })
  void mayBeTheNameOfOneEndpoint(
      String authority, String namespace, String service, String hostname, int port) {
    assertThat(Authority.parsePod(authority, "shop", "cluster.local"))
        .isEqualTo(new Authority.PodName(namespace, service, hostname, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "web",
        "web.other.svc",
        "web.other.",
        "a.b.c.d",
        "web-0.web:x",
        "10.0.0.1",
        "a..b"
      })
  void isNotTheNameOfOneEndpoint(String authority) {
    assertThat(Authority.parsePod(authority, "shop", "cluster.local")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.7:8080, 10.0.0.7, 8080, 10.0.0.7:8080",
    "10.0.0.7, 10.0.0.7, 80, 10.0.0.7:80",
    "[fd00::7]:8080, fd00:0:0:0:0:0:0:7, 8080, [fd00:0:0:0:0:0:0:7]:8080",
    "[fd00:0::7], fd00:0:0:0:0:0:0:7, 80, [fd00:0:0:0:0:0:0:7]:80",
    "[::ffff:10.0.0.7]:80, 10.0.0.7, 80, 10.0.0.7:80"
  })
  void mayBeAnAddress(String authority, String address, int port, String text) {
    AddressPort at = AddressPort.parse(authority);
    assertThat(at).isEqualTo(new AddressPort(address, port)).hasToString(text);
    assertThat(AddressPort.parse(text)).isEqualTo(at);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "catalog:80",
        "10.0.0:80",
        "10.0.0.7:",
        "10.0.0.7:0",
        "10.0.0.7:65536",
        "10.0.0.07:80",
        "0.0.0.0:80",
        "224.0.0.1:80",
        "fd00::7",
        "fd00::7:80",
        "[fd00::7",
        "[fd00::7]80",
        "[10.0.0.7]:80",
        "[fd00::7%eth0]:80",
        "[catalog]:80"
      })
  void isNoAddress(String authority) {
    assertThat(AddressPort.parse(authority)).isNull();
  }
}
