package dev.weft.controlplane.auth.kubernetes;

import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Text in the entries of Secrets, which hold base64. Stateless. */
final class SecretTexts {
  private SecretTexts() {}

  /**
   * What an entry says; null: there is none.
   *
   * @param place the Secret, for people
   * @throws IOException when it is no base64
   */
  static @Nullable String read(Secret secret, String entry, String place) throws IOException {
    String held = secret.getData() == null ? null : secret.getData().get(entry);
    try {
      return held == null
          ? null
          : new String(Base64.getDecoder().decode(held), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      throw new IOException(place + ": its " + entry + " is no base64", e);
    }
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
