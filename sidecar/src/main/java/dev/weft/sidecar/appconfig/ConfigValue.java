package dev.weft.sidecar.appconfig;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.StableHash;
import java.nio.charset.StandardCharsets;

/**
 * What our instance has of one key, as it is served. Immutable.
 *
 * @param etag with its quotes; equal for equal content
 * @param revision the store's revision of the document that it comes from
 */
record ConfigValue(String key, String contentType, String text, String etag, long revision) {
  static ConfigValue of(AppConfig.Value value) {
    String hash = Long.toHexString(StableHash.of(value.contentType() + "\n" + value.text()));
    return new ConfigValue(
        value.key(),
        value.contentType(),
        value.text(),
        '"' + hash + '"',
        value.origin().revision());
  }

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
