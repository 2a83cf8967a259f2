package dev.weft.controlplane.pki;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Certificates and private keys as PEM text (RFC 7468). Pure. */
public final class Pem {
  static final String CERTIFICATE = "CERTIFICATE";
  static final String KEY = "PRIVATE KEY";

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private Pem() {}

  /** One block: what it says to be, and its content. */
  record Block(String type, byte[] der) {}

  static List<Block> blocks(String text) throws PkiException {
    var blocks = new ArrayList<Block>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      try {
        byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
        blocks.add(new Block(matcher.group(1), der));
      } catch (IllegalArgumentException e) {
        throw new PkiException("a " + matcher.group(1) + " is no base64: " + e.getMessage(), e);
      }
    }
    return blocks;
  }

  static X509Certificate certificate(byte[] der) throws PkiException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new PkiException("a certificate cannot be understood: " + e.getMessage(), e);
    }
  }

  /** Every certificate of a text, in its order; other blocks are passed over. */
  public static List<X509Certificate> certificates(String text) throws PkiException {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks(text)) {
      if (block.type.equals(CERTIFICATE)) {
        certificates.add(certificate(block.der));
      }
    }
    return certificates;
  }

  /**
   * The first key of a text, which has to be the certificate's.
   *
   * @throws PkiException if there is none, or it is of another kind
   */
  static PrivateKey privateKeyIn(String text, X509Certificate of) throws PkiException {
    for (Block block : blocks(text)) {
      if (block.type.equals(KEY)) {
        return privateKey(block.der, of);
      }
    }
    throw new PkiException(
        "it holds no PRIVATE KEY in PKCS #8; \"openssl pkcs8 -topk8 -nocrypt\" makes one of an"
            + " older form",
        null);
  }

  /** A key in PKCS #8, of the kind that its certificate says. */
  static PrivateKey privateKey(byte[] der, X509Certificate of) throws PkiException {
    String algorithm = of.getPublicKey().getAlgorithm();
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new PkiException(
          "the private key is no "
              + algorithm
              + " key, as its certificate is of: "
              + e.getMessage()
              + " (expected PKCS #8, as \"openssl pkcs8 -topk8 -nocrypt\" writes it)",
          e);
    }
  }

  /** The certificates one after the other. */
  public static String text(Collection<X509Certificate> certificates) {
    return certificates.stream().map(Pem::text).collect(Collectors.joining());
  }

  static String text(X509Certificate certificate) {
    try {
      return text(CERTIFICATE, certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that cannot be encoded", e);
    }
  }

  static String text(PrivateKey key) {
    return text(KEY, key.getEncoded());
  }

  private static String text(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + LINES.encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
