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
    if (!isName(via)) {
      throw new IllegalArgumentException(
          "the name for Via is \"" + via + "\": expected letters, digits, '.', '_' and '-'");
    }
  }

  // By hand: a pattern would load the JDK's at every start.
  private static boolean isName(String text) {
    boolean good = text.length() <= 64;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      good &= letter || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    return good;
  }

  /** The member for a message received by that version; empty when none is sent. */
  byte[] via(String version) {
    return (via.isEmpty() ? "" : version + " " + via).getBytes(StandardCharsets.US_ASCII);
  }
}
