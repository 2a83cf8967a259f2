package dev.weft.sidecar.tls.certificate;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManager;

/**
 * A certificate with its chain and its private key, checked: they belong together and are in force.
 *
 * @param chain our own certificate first
 */
public record Credential(List<X509Certificate> chain, PrivateKey key) {
  private static final int MIN_RSA_BITS = 2048;
  private static final byte[] PROBE = {'w', 'e', 'f', 't'};

  public Credential {
    chain = List.copyOf(chain);
  }

  /**
   * Reads and checks both files.
   *
   * @throws TlsFileException one line: which file is wrong, and how
   */
  public static Credential load(Path certificateFile, Path keyFile, Instant now)
      throws TlsFileException {
    List<X509Certificate> chain = Pem.certificates(certificateFile, Pem.read(certificateFile));
    X509Certificate own = chain.getFirst();
    PublicKey publicKey = own.getPublicKey();
    if (publicKey instanceof RSAKey rsa) {
      int bits = rsa.getModulus().bitLength();
      if (bits < MIN_RSA_BITS) {
        throw new TlsFileException(
            certificateFile,
            "its RSA key has " + bits + " bits: expected " + MIN_RSA_BITS + " or more");
      }
    } else if (!(publicKey instanceof ECKey)) {
      throw new TlsFileException(
          certificateFile,
          "its key is " + publicKey.getAlgorithm() + ": expected EC (P-256 is quickest) or RSA");
    }
    PrivateKey key = Pem.privateKey(keyFile, Pem.read(keyFile), publicKey);
    if (!matches(key, publicKey)) {
      throw new TlsFileException(
          keyFile, "the key does not match the certificate in " + certificateFile);
    }
    Instant notAfter = own.getNotAfter().toInstant();
    if (now.isAfter(notAfter)) {
      throw new TlsFileException(certificateFile, "the certificate expired on " + notAfter);
    }
    Instant notBefore = own.getNotBefore().toInstant();
    if (now.isBefore(notBefore)) {
      throw new TlsFileException(
          certificateFile, "the certificate is not in force before " + notBefore);
    }
    return new Credential(chain, key);
  }

  /** When it expires. */
  public Instant notAfter() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  /** What shows it to peers that ask for one of its kind. */
  public KeyManager keyManager() {
    return new OwnKey(this);
  }

  private static boolean matches(PrivateKey key, PublicKey publicKey) {
    try {
      Signature signature =
          Signature.getInstance(publicKey instanceof ECKey ? "SHA256withECDSA" : "SHA256withRSA");
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
