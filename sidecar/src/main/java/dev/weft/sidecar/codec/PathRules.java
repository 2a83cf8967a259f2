package dev.weft.sidecar.codec;

/**
 * What of a path is normalised beyond what always is ({@link Paths}), for applications that read
 * paths as something else than RFC 3986 does.
 *
 * @param mergeSlashes whether empty segments are taken away: {@code //} becomes {@code /}
 */
public record PathRules(boolean mergeSlashes, EncodedSlashes encodedSlashes) {
  public static final PathRules DEFAULT = new PathRules(false, EncodedSlashes.KEEP);

  /** What becomes of {@code %2F} and {@code %5C}. */
  public enum EncodedSlashes {
    /** They stay as they are, within their segment; beside a dot segment they are refused. */
    KEEP,
    /** 400. */
    REFUSE,
    /** They become slashes, and count as such. */
    DECODE
  }
}
