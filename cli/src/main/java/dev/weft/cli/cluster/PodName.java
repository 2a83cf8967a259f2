package dev.weft.cli.cluster;

import org.jspecify.annotations.Nullable;

/** A pod as a person names it: {@code POD}, {@code POD.NAMESPACE}, or with {@code -n}. */
public record PodName(String namespace, String pod) {
  /**
   * @param given null: the namespace after the dot, else "default"
   */
  public static PodName parse(String text, @Nullable String given) {
    int dot = text.indexOf('.');
    if (given != null || dot <= 0 || dot == text.length() - 1) {
      return new PodName(given == null ? "default" : given, text);
    }
    return new PodName(text.substring(dot + 1), text.substring(0, dot));
  }
}
