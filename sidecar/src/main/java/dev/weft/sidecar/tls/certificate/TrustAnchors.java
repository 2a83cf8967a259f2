package dev.weft.sidecar.tls.certificate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * The authorities whose certificates are believed.
 *
 * @param name where they come from, for people
 */
public record TrustAnchors(String name, List<X509Certificate> certificates) {
  private static final List<Path> SYSTEM =
      List.of(
          Path.of("/etc/ssl/certs/ca-certificates.crt"),
          Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
          Path.of("/etc/ssl/ca-bundle.pem"),
          Path.of("/etc/ssl/cert.pem"));

  public TrustAnchors {
    certificates = List.copyOf(certificates);
  }

  /** Those of a file. */
  public static TrustAnchors load(Path file) throws TlsFileException {
    return new TrustAnchors(file.toString(), Pem.certificates(file, Pem.read(file)));
  }

  /** Those of a policy, which has been checked where it was written. */
  public static TrustAnchors inline(String pem) throws TlsFileException {
    Path name = Path.of("caCertificates");
    return new TrustAnchors("the policy's caCertificates", Pem.certificates(name, pem));
  }

  /** Those of the machine, or of the image that the sidecar runs in. */
  public static TrustAnchors system() throws TlsFileException {
    for (Path file : SYSTEM) {
      if (Files.isReadable(file)) {
        return load(file);
      }
    }
    throw new TlsFileException("this machine has no bundle of authorities; looked at " + SYSTEM);
  }
}
