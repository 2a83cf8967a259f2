package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import dev.weft.sidecar.codec.PathRules;
import dev.weft.sidecar.codec.PathRules.EncodedSlashes;
import dev.weft.sidecar.proxy.HttpRules;
import dev.weft.sidecar.proxy.TrustedPeers;
import dev.weft.sidecar.telemetry.Bound;
import java.util.List;

/**
 * What a sidecar is told of HTTP where users differ.
 *
 * @param rules what it says of itself, and whom it believes
 * @param paths how paths are brought into one form
 * @param maxHead bytes of a head, or of trailers, in either version and direction
 */
public record HttpOptions(HttpRules rules, PathRules paths, int maxHead) {
  private static final int LEAST_HEAD = 8 << 10;

  /** What the frames that one head may come in have room for. */
  private static final int MOST_HEAD = 256 << 10;

  static final List<Flag> FLAGS =
      List.of(
          new Flag("via", "NAME|off", "weft", "its name in Via"),
          new Flag(
              "trusted-peers",
              "NETWORKS|private|all|none",
              "private",
              "inbound: whose x-forwarded-*, trace and request ids are believed"),
          new Flag("merge-slashes", "on|off", "off", "// in a path becomes /"),
          new Flag("encoded-slashes", "keep|refuse|decode", "keep", "%2F and %5C in a path"),
          new Flag(
              "max-head-bytes",
              "N",
              String.valueOf(Bound.HEAD_BYTES.value()),
              "of a request's or a response's head, HTTP/1 and HTTP/2; beyond it 431"));

  static HttpOptions parse(Flags flags) {
    String via = flags.text("via");
    var rules =
        new HttpRules(
            via.equals("off") ? "" : via, TrustedPeers.parse(flags.text("trusted-peers")));
    return new HttpOptions(
        rules,
        new PathRules(merge(flags.text("merge-slashes")), slashes(flags)),
        flags.number("max-head-bytes", LEAST_HEAD, MOST_HEAD));
  }

  private static boolean merge(String text) {
    return switch (text) {
      case "on" -> true;
      case "off" -> false;
      default ->
          throw new IllegalArgumentException(
              "--merge-slashes is \"" + text + "\": expected on or off");
    };
  }

  private static EncodedSlashes slashes(Flags flags) {
    String text = flags.text("encoded-slashes");
    return switch (text) {
      case "keep" -> EncodedSlashes.KEEP;
      case "refuse" -> EncodedSlashes.REFUSE;
      case "decode" -> EncodedSlashes.DECODE;
      default ->
          throw new IllegalArgumentException(
              "--encoded-slashes is \"" + text + "\": expected keep, refuse or decode");
    };
  }
}
