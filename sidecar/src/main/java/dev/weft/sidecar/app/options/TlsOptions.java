package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import dev.weft.sidecar.discovery.ControlPlaneAddress;
import dev.weft.sidecar.tls.ClientTlsFiles;
import dev.weft.sidecar.tls.ControlPlaneFiles;
import dev.weft.sidecar.tls.ServerTlsFiles;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a sidecar is told of TLS.
 *
 * @param inbound null: the inbound listener does not terminate TLS
 * @param plaintext whether it takes callers without TLS, too
 * @param outbound null: the outbound listener does not terminate TLS
 * @param client null: there is no certificate to be shown to upstreams
 * @param controlPlane null: it is called in plaintext
 */
public record TlsOptions(
    @Nullable ServerTlsFiles inbound,
    boolean plaintext,
    @Nullable ServerTlsFiles outbound,
    @Nullable ClientTlsFiles client,
    @Nullable ControlPlaneFiles controlPlane) {
  /** No TLS. */
  public static final TlsOptions NONE = new TlsOptions(null, false, null, null, null);

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
          new Flag("client-key", "FILE", "", "its private key, PEM"),
          new Flag("control-plane-ca", "FILE", "", "TLS to control planes: their authorities, PEM"),
          new Flag("control-plane-name", "NAME", "", "in their certificate, if not the address"),
          new Flag("token-file", "FILE", "", "bearer token for control planes, read each time"));

  /**
   * Whether there is nothing to load. Not {@link #equals}, for which the JVM would generate code.
   */
  public boolean isNone() {
    return inbound == null && outbound == null && client == null && controlPlane == null;
  }

  static TlsOptions parse(Flags flags) {
    Path certificate = flags.path("tls-cert");
    Path key = flags.path("tls-key");
    Path clientCa = flags.path("tls-client-ca");
    together("tls-cert", certificate, "tls-key", key);
    boolean optional = flags.second("tls-client-auth", "require", "optional");
    boolean plaintext = flags.second("tls-plaintext", "refuse", "allow");
    needs(flags, "tls-client-ca", "tls-cert", certificate);
    needs(flags, "tls-client-auth", "tls-client-ca", clientCa);
    needs(flags, "tls-plaintext", "tls-cert", certificate);
    Path outboundCertificate = flags.path("outbound-tls-cert");
    Path outboundKey = flags.path("outbound-tls-key");
    together("outbound-tls-cert", outboundCertificate, "outbound-tls-key", outboundKey);
    Path ownCertificate = flags.path("client-cert");
    Path ownKey = flags.path("client-key");
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
            : new ClientTlsFiles(ownCertificate, ownKey),
        controlPlane(flags));
  }

  private static @Nullable ControlPlaneFiles controlPlane(Flags flags) {
    Path ca = flags.path("control-plane-ca");
    needs(flags, "control-plane-name", "control-plane-ca", ca);
    // A token that everybody on the way can read is nobody's.
    needs(flags, "token-file", "control-plane-ca", ca);
    if (ca == null) {
      return null;
    }
    String name = flags.text("control-plane-name");
    Set<String> names = new HashSet<>();
    if (name.isEmpty()) {
      for (var address : ControlPlaneAddress.parse(flags.text("control-plane"))) {
        names.add(address.host());
      }
    } else {
      names.add(name);
    }
    return new ControlPlaneFiles(ca, names, flags.path("token-file"));
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
}
