package dev.weft.sidecar.app;

import dev.weft.sidecar.app.Flags.Flag;
import dev.weft.sidecar.tls.ClientTlsFiles;
import dev.weft.sidecar.tls.ServerTlsFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sidecar is told of TLS.
 *
 * @param inbound null: the inbound listener does not terminate TLS
 * @param plaintext whether it takes callers without TLS, too
 * @param outbound null: the outbound listener does not terminate TLS
 * @param client null: there is no certificate to be shown to upstreams
 */
public record TlsOptions(
    @Nullable ServerTlsFiles inbound,
    boolean plaintext,
    @Nullable ServerTlsFiles outbound,
    @Nullable ClientTlsFiles client) {
  /** No TLS. */
  public static final TlsOptions NONE = new TlsOptions(null, false, null, null);

  static final List<Flag> FLAGS =
      List.of(
          new Flag("tls-cert", "FILE", "", "inbound: certificate and chain, PEM; needs --tls-key"),
          new Flag("tls-key", "FILE", "", "its private key, PEM"),
          new Flag("tls-client-ca", "FILE", "", "inbound: authorities of callers' certificates"),
          new Flag("tls-client-auth", "require|optional", "", "with --tls-client-ca (require)"),
          new Flag("tls-plaintext", "refuse|allow", "", "callers without TLS (refuse)"),
          new Flag("outbound-tls-cert", "FILE", "", "outbound: certificate and chain, PEM"),
          new Flag("outbound-tls-key", "FILE", "", "its private key, PEM"),
          new Flag("client-cert", "FILE", "", "shown to upstreams of tls.mode MUTUAL, PEM"),
          new Flag("client-key", "FILE", "", "its private key, PEM"));

  /**
   * Whether there is nothing to load. Not {@link #equals}, for which the JVM would generate code.
   */
  boolean isNone() {
    return inbound == null && outbound == null && client == null;
  }

  static TlsOptions parse(Flags flags) {
    Path certificate = path(flags, "tls-cert");
    Path key = path(flags, "tls-key");
    Path clientCa = path(flags, "tls-client-ca");
    together("tls-cert", certificate, "tls-key", key);
    boolean optional = choice(flags, "tls-client-auth", "require", "optional");
    boolean plaintext = choice(flags, "tls-plaintext", "refuse", "allow");
    needs(flags, "tls-client-ca", "tls-cert", certificate);
    needs(flags, "tls-client-auth", "tls-client-ca", clientCa);
    needs(flags, "tls-plaintext", "tls-cert", certificate);
    Path outboundCertificate = path(flags, "outbound-tls-cert");
    Path outboundKey = path(flags, "outbound-tls-key");
    together("outbound-tls-cert", outboundCertificate, "outbound-tls-key", outboundKey);
    Path ownCertificate = path(flags, "client-cert");
    Path ownKey = path(flags, "client-key");
    together("client-cert", ownCertificate, "client-key", ownKey);
    return new TlsOptions(
        certificate == null || key == null
            ? null
            : new ServerTlsFiles(certificate, key, clientCa, !optional),
        plaintext,
        outboundCertificate == null || outboundKey == null
            ? null
            : new ServerTlsFiles(outboundCertificate, outboundKey, null, false),
        ownCertificate == null || ownKey == null
            ? null
            : new ClientTlsFiles(ownCertificate, ownKey));
  }

  private static void together(String a, @Nullable Path one, String b, @Nullable Path other) {
    if ((one == null) != (other == null)) {
      throw new IllegalArgumentException(
          "--" + (one == null ? b : a) + " is given without --" + (one == null ? a : b));
    }
  }

  private static void needs(Flags flags, String flag, String needed, @Nullable Path there) {
    if (!flags.text(flag).isEmpty() && there == null) {
      throw new IllegalArgumentException("--" + flag + " is given without --" + needed);
    }
  }

  /** Whether it is the second of two values; the first is the default. */
  private static boolean choice(Flags flags, String flag, String first, String second) {
    String value = flags.text(flag);
    if (!value.isEmpty() && !value.equals(first) && !value.equals(second)) {
      throw new IllegalArgumentException(
          "--" + flag + " is \"" + value + "\": expected " + first + " or " + second);
    }
    return value.equals(second);
  }

  private static @Nullable Path path(Flags flags, String flag) {
    String text = flags.text(flag);
    try {
      return text.isEmpty() ? null : Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("--" + flag + " is no path: " + e.getMessage(), e);
    }
  }
}
