package dev.weft.sidecar.proxy;

import java.nio.charset.StandardCharsets;

/**
 * What a sidecar says of itself in what it forwards, and whom it believes.
 *
 * @param via the name in {@code Via} (RFC 9110, section 7.6.3); empty: none is sent
 * @param trusted whose word is taken on the inbound listener
 */
public record HttpRules(String via, TrustedPeers trusted) {
  public static final HttpRules DEFAULT = new HttpRules("weft", TrustedPeers.PRIVATE);

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException one line
   */
  public HttpRules {
    if (!via.matches("[A-Za-z0-9._-]{0,64}")) {
      throw new IllegalArgumentException(
          "the name for Via is \"" + via + "\": expected letters, digits, '.', '_' and '-'");
    }
  }

  /** The member for a message received by that version; empty when none is sent. */
  byte[] via(String version) {
    return (via.isEmpty() ? "" : version + " " + via).getBytes(StandardCharsets.US_ASCII);
  }
}
