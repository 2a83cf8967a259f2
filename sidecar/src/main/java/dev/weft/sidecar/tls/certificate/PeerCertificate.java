package dev.weft.sidecar.tls.certificate;

import dev.weft.sidecar.telemetry.Bound;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Who a caller has proven to be. Made once per connection; immutable.
 *
 * @param names the subject alternative names
 * @param forwarded the value of {@code x-forwarded-client-cert}, in Envoy's form: {@code
 *     Hash=...;Subject="...";URI=...;DNS=...}; not to be changed
 */
public record PeerCertificate(PeerNames names, byte[] forwarded) {
  // So that one caller's certificate cannot make every head too large.
  private static final int MAX_FORWARDED = Bound.TLS_CLIENT_CERT.intValue();

  /** That of a connection's peer; null when it was not asked for one, or has shown none. */
  public static @Nullable PeerCertificate of(SSLEngine engine) {
    if (!engine.getNeedClientAuth() && !engine.getWantClientAuth()) {
      // To find none costs an exception with its stack.
      return null;
    }
    try {
      Certificate[] chain = engine.getSession().getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate own ? of(own) : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a verified certificate that cannot be read", e);
    }
  }

  private static PeerCertificate of(X509Certificate own) throws GeneralSecurityException {
    PeerNames names = PeerNames.of(own);
    String hash =
        "Hash="
            + HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(own.getEncoded()));
    var value = new StringBuilder(256).append(hash);
    value.append(";Subject=");
    quoted(value, own.getSubjectX500Principal().getName());
    names.uris().forEach(uri -> element(value.append(";URI="), uri));
    names.dns().forEach(name -> element(value.append(";DNS="), name));
    String text = value.length() > MAX_FORWARDED ? hash : value.toString();
    return new PeerCertificate(names, text.getBytes(StandardCharsets.US_ASCII));
  }

  // What would end the element is put in quotes; what is no printable ASCII is percent-encoded.

  private static void element(StringBuilder to, String text) {
    if (text.chars().anyMatch(c -> c == ',' || c == ';' || c == '=' || c == '"')) {
      quoted(to, text);
    } else {
      printable(to, text);
    }
  }

  private static void quoted(StringBuilder to, String text) {
    to.append('"');
    printable(to, text);
    to.append('"');
  }

  private static void printable(StringBuilder to, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b == '"' || b == '\\') {
        to.append('\\').append((char) b);
      } else if (b >= 0x20 && b < 0x7f) {
        to.append((char) b);
      } else {
        to.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
  }
}
