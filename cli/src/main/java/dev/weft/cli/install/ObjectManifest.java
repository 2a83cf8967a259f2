package dev.weft.cli.install;

import java.util.Map;

/**
 * One object's manifest.
 *
 * @param text as in its file, with comments, or printed anew when it was patched
 */
record ObjectManifest(String text, Map<?, ?> content) {
  String kind() {
    return String.valueOf(content.get("kind"));
  }

  String name() {
    return metadata("name");
  }

  String namespace() {
    return metadata("namespace");
  }

  private String metadata(String field) {
    Object value =
        content.get("metadata") instanceof Map<?, ?> metadata ? metadata.get(field) : null;
    return value == null ? "" : value.toString();
  }
}
