package dev.weft.common.config;

/**
 * Which document decides a part of the compiled configuration, for {@code /config} and explain.
 *
 * @param fieldPath the part of the document, e.g. {@code spec.rules[0]}
 * @param decides what it decides here, e.g. {@code backends}
 * @param revision the store's revision of that document
 */
public record Origin(
    String kind, String namespace, String name, String fieldPath, String decides, long revision) {
  @Override
  public String toString() {
    return kind + " " + namespace + "/" + name + (fieldPath.isEmpty() ? "" : " " + fieldPath);
  }
}
