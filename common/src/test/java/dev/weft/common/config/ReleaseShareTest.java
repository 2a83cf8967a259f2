package dev.weft.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.common.config.AppConfig.Entry;
import dev.weft.common.config.AppConfig.Release;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReleaseShareTest {
  private static final Origin ORIGIN = new Origin("ConfigEntry", "default", "e", "spec", "", 7);

  @Test
  void the_share_is_what_was_asked_for_among_many_instances() {
    for (int percent : new int[] {0, 1, 10, 50, 99, 100}) {
      long chosen =
          IntStream.range(0, 10_000)
              .filter(i -> ReleaseShare.has("log.level", "catalog-" + i, percent))
              .count();
      assertThat(chosen).as("%d%%", percent).isCloseTo(percent * 100L, within(150L));
    }
    assertThat(IntStream.range(0, 1000).anyMatch(i -> ReleaseShare.has("k", "i-" + i, 0)))
        .isFalse();
    assertThat(IntStream.range(0, 1000).allMatch(i -> ReleaseShare.has("k", "i-" + i, 100)))
        .isTrue();
  }

  @Test
  void who_has_it_keeps_it_while_the_share_grows() {
    for (int i = 0; i < 200; i++) {
      boolean had = false;
      for (int percent = 0; percent <= 100; percent++) {
        boolean has = ReleaseShare.has("log.level", "catalog-" + i, percent);
        assertThat(!had || has).isTrue();
        had = has;
      }
    }
  }

  @Test
  void another_key_goes_to_others_first() {
    long both =
        IntStream.range(0, 10_000)
            .filter(i -> ReleaseShare.has("a", "catalog-" + i, 10))
            .filter(i -> ReleaseShare.has("b", "catalog-" + i, 10))
            .count();
    assertThat(both).isBetween(50L, 150L);
  }

  /** Who has it must not change with an upgrade. */
  @Test
  void the_hash_is_the_same_in_every_version() {
    assertThat(Long.toHexString(StableHash.of(""))).isEqualTo("efd01f60ba992926");
    assertThat(
            IntStream.range(0, 20).filter(i -> ReleaseShare.has("log.level", "catalog-" + i, 25)))
        .containsExactly(FIRST);
  }

  /** As computed by another implementation. */
  private static final Integer[] FIRST = {6, 14, 15};

  @Test
  void an_instance_has_the_first_value_that_is_for_it() {
    var config =
        new AppConfig(
            "default/catalog",
            List.of(
                entry("level", Map.of("version", "v2", "zone", "a"), "trace", null),
                entry("level", Map.of("version", "v2"), "debug", null),
                entry("level", Map.of(), "info", null),
                entry("limit", Map.of("zone", "b"), "5", null),
                entry("new", Map.of(), "old", new Release(100, "new")),
                entry("not-yet", Map.of(), "old", new Release(0, "new"))));

    assertThat(texts(config, Map.of("version", "v2", "zone", "a", "more", "x")))
        .isEqualTo(Map.of("level", "trace", "new", "new", "not-yet", "old"));
    assertThat(texts(config, Map.of("version", "v2", "zone", "b")))
        .isEqualTo(Map.of("level", "debug", "limit", "5", "new", "new", "not-yet", "old"));
    assertThat(texts(config, Map.of()))
        .isEqualTo(Map.of("level", "info", "new", "new", "not-yet", "old"));
  }

  private static Map<String, String> texts(AppConfig config, Map<String, String> labels) {
    var texts = new java.util.HashMap<String, String>();
    config.of("catalog-0", labels).forEach((key, value) -> texts.put(key, value.text()));
    return texts;
  }

  private static Entry entry(
      String key, Map<String, String> labels, String value, @Nullable Release release) {
    return new Entry(key, labels, "text/plain", value, release, ORIGIN);
  }
}
