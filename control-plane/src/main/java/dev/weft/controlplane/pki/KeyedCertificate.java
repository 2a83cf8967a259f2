package dev.weft.controlplane.pki;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate with its chain and its private key, which belong together. Immutable.
 *
 * @param chain the certificate of the key first
 */
public record KeyedCertificate(List<X509Certificate> chain, PrivateKey key) {
  private static final byte[] PROBE = {'w', 'e', 'f', 't'};

  public KeyedCertificate {
    chain = List.copyOf(chain);
  }

  /**
   * Reads a certificate with its chain, and its key, from PEM.
   *
   * @param key PKCS #8
   * @throws PkiException in words, without the place, which who calls knows
   */
  public static KeyedCertificate parse(String chain, String key) throws PkiException {
    List<X509Certificate> certificates = Pem.certificates(chain);
    if (certificates.isEmpty()) {
      throw new PkiException("there is no certificate in PEM", null);
    }
    return of(certificates, Pem.privateKeyIn(key, certificates.getFirst()));
  }

  /**
   * Checks that key and certificate belong together.
   *
   * @throws PkiException when they do not
   */
  static KeyedCertificate of(List<X509Certificate> chain, PrivateKey key) throws PkiException {
    X509Certificate own = chain.getFirst();
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default ->
              throw new PkiException(
                  "the key is " + key.getAlgorithm() + ", expected EC (P-256) or RSA", null);
        };
    boolean matches;
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(PROBE);
      byte[] signature = signer.sign();
      signer.initVerify(own.getPublicKey());
      signer.update(PROBE);
      matches = signer.verify(signature);
    } catch (GeneralSecurityException e) {
      throw new PkiException("key and certificate cannot be used: " + e.getMessage(), e);
    }
    if (!matches) {
      throw new PkiException(
          "the private key does not belong to the certificate of "
              + own.getSubjectX500Principal().getName(),
          null);
    }
    return new KeyedCertificate(chain, key);
  }

  X509Certificate certificate() {
    return chain.getFirst();
  }

  /** From when it is in force. */
  public Instant notBefore() {
    return certificate().getNotBefore().toInstant();
  }

  /** Until when it is in force. */
  public Instant notAfter() {
    return certificate().getNotAfter().toInstant();
  }
}
