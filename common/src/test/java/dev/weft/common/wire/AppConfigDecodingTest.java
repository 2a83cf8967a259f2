package dev.weft.common.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.proto.discovery.v1.AppConfig;
import dev.weft.proto.discovery.v1.ConfigEntry;
import dev.weft.proto.discovery.v1.ConfigRelease;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What passes the wire's validator as configuration of applications, and what does not. */
class AppConfigDecodingTest {
  @Test
  void good_entries_become_configuration() throws WireException {
    var config = WireDecoder.appConfig(resource("default/catalog", good()));

    assertThat(config.known()).isTrue();
    var entry = config.entries().getFirst();
    assertThat(entry.key()).isEqualTo("log.level");
    assertThat(entry.labels()).isEqualTo(Map.of("version", "v2"));
    assertThat(entry.value()).isEqualTo("debug\n");
    assertThat(Objects.requireNonNull(entry.release()).percent()).isEqualTo(10);
    assertThat(entry.origin().revision()).isEqualTo(7);
    assertThat(WireDecoder.appConfig(resource("default/pods/web-0")).entries()).isEmpty();
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        Arguments.of(good().setKey("../a"), "entries[0].key"),
        Arguments.of(good().setKey(""), "entries[0].key"),
        Arguments.of(good().setKey("a".repeat(129)), "entries[0].key"),
        Arguments.of(good().setContentType("text/html\r\nx: y"), "entries[0].content_type"),
        Arguments.of(good().setContentType(""), "entries[0].content_type"),
        Arguments.of(good().setValue("\0"), "entries[0].value"),
        Arguments.of(good().setValue("x".repeat((64 << 10) + 1)), "entries[0].value"),
        Arguments.of(
            good().setRelease(ConfigRelease.newBuilder().setPercent(101)),
            "entries[0].release.percent"),
        Arguments.of(
            good().setRelease(ConfigRelease.newBuilder().setValue("\u0001")),
            "entries[0].release.value"),
        Arguments.of(good().clearOrigin(), "entries[0].origins[0].kind"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void a_bad_entry_is_refused_with_its_place(ConfigEntry.Builder entry, String path) {
    WireException refused =
        catchThrowableOfType(
            WireException.class, () -> WireDecoder.decode(resource("default/catalog", entry)));

    assertThat(refused.fieldPath()).isEqualTo(path);
  }

  @Test
  void names_and_numbers_of_entries_are_bounded() {
    assertThat(
            catchThrowableOfType(
                    WireException.class, () -> WireDecoder.decode(resource("catalog", good())))
                .fieldPath())
        .isEqualTo("name");
    ConfigEntry.Builder[] many =
        Collections.nCopies(1025, good()).toArray(ConfigEntry.Builder[]::new);
    assertThat(
            catchThrowableOfType(
                    WireException.class, () -> WireDecoder.decode(resource("a/b", many)))
                .fieldPath())
        .isEqualTo("entries");
  }

  private static ConfigEntry.Builder good() {
    return ConfigEntry.newBuilder()
        .setKey("log.level")
        .putInstanceLabels("version", "v2")
        .setContentType("text/plain; charset=utf-8")
        .setValue("debug\n")
        .setRelease(ConfigRelease.newBuilder().setPercent(10).setValue(""))
        .setOrigin(
            Origin.newBuilder()
                .setKind("ConfigEntry")
                .setNamespace("default")
                .setName("e")
                .setRevision(7));
  }

  private static Resource resource(String name, ConfigEntry.Builder... entries) {
    var config = AppConfig.newBuilder();
    for (ConfigEntry.Builder entry : entries) {
      config.addEntries(entry);
    }
    return Resource.newBuilder()
        .setName(ResourceName.newBuilder().setKind(ResourceKind.APP_CONFIG).setName(name))
        .setVersion("v")
        .setAppConfig(config)
        .build();
  }
}
