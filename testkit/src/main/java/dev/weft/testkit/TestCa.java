package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A certificate authority that lives as long as the object: P-256, good for a day. Safe from any
 * thread.
 */
public final class TestCa {
  private static final Duration VALID = Duration.ofDays(1);
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final X500Principal name;
  private final KeyPair keys;
  private final X509Certificate certificate;

  /**
   * A certificate and its private key.
   *
   * @param certificate signed by the authority
   * @param key its private key
   */
  public record Issued(X509Certificate certificate, PrivateKey key) {
    /** The certificate as PEM. */
    public String certificatePem() {
      return pem(certificate);
    }

    /** The private key as PEM (PKCS #8). */
    public String keyPem() {
      return pem("PRIVATE KEY", key.getEncoded());
    }

    /** Writes {@code name.crt} and {@code name.key}; returns the first. */
    public Path write(Path directory, String name) {
      writeFile(directory.resolve(name + ".key"), keyPem());
      return writeFile(directory.resolve(name + ".crt"), certificatePem());
    }
  }

  /** Makes a new authority with this common name. */
  public TestCa(String commonName) {
    name = new X500Principal("CN=" + commonName);
    keys = newKeys();
    certificate =
        sign(
            name,
            keys,
            Instant.now().minus(SKEW),
            Instant.now().plus(VALID),
            builder -> {
              builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
              builder.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            });
  }

  /** The authority's own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** The authority's own certificate as PEM. */
  public String certificatePem() {
    return pem(certificate);
  }

  /** Writes the authority's certificate; returns the file. */
  public Path write(Path file) {
    return writeFile(file, certificatePem());
  }

  /**
   * Issues a certificate for servers and clients.
   *
   * @param commonName the subject
   * @param names the alternative names: a host name, an IP address, or a URI (with a colon and
   *     slashes)
   */
  public Issued issue(String commonName, String... names) {
    Instant now = Instant.now();
    return issue(newKeys(), now.minus(SKEW), now.plus(VALID), commonName, names);
  }

  /** Issues a certificate that is in force for that time only. */
  public Issued issue(Instant notBefore, Instant notAfter, String commonName, String... names) {
    return issue(newKeys(), notBefore, notAfter, commonName, names);
  }

  /** Issues a certificate for an RSA key of 2048 bits. */
  public Issued issueRsa(String commonName, String... names) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      Instant now = Instant.now();
      return issue(
          generator.generateKeyPair(), now.minus(SKEW), now.plus(VALID), commonName, names);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no RSA keys here", e);
    }
  }

  private Issued issue(
      KeyPair own, Instant notBefore, Instant notAfter, String commonName, String... names) {
    X509Certificate issued =
        sign(
            new X500Principal("CN=" + commonName),
            own,
            notBefore,
            notAfter,
            builder -> {
              builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
              builder.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
              builder.addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(
                      new KeyPurposeId[] {
                        KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                      }));
              if (names.length > 0) {
                builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(
                        Arrays.stream(names).map(TestCa::generalName).toArray(GeneralName[]::new)));
              }
            });
    return new Issued(issued, own.getPrivate());
  }

  /**
   * A TLS context of the JDK that trusts this authority.
   *
   * @param own what to show to the other side, or null for nothing
   */
  public SSLContext sslContext(@Nullable Issued own) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", certificate);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyManager[] keyManagers = {};
      if (own != null) {
        KeyStore shown = KeyStore.getInstance("PKCS12");
        shown.load(null, null);
        shown.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate()});
        KeyManagerFactory factory =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(shown, new char[0]);
        keyManagers = factory.getKeyManagers();
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers, trust.getTrustManagers(), new SecureRandom());
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("cannot make a TLS context", e);
    }
  }

  private interface Extensions {
    void addTo(X509v3CertificateBuilder builder) throws CertIOException;
  }

  private X509Certificate sign(
      X500Principal subject,
      KeyPair subjectKeys,
      Instant notBefore,
      Instant notAfter,
      Extensions extensions) {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(64, new SecureRandom()).setBit(64),
            Date.from(notBefore),
            Date.from(notAfter),
            subject,
            subjectKeys.getPublic());
    try {
      extensions.addTo(builder);
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
      throw new IllegalStateException("cannot sign a certificate for " + subject, e);
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256 keys here", e);
    }
  }

  private static GeneralName generalName(String name) {
    if (name.contains("://")) {
      return new GeneralName(GeneralName.uniformResourceIdentifier, name);
    }
    boolean address = name.contains(":") || name.matches("[0-9.]+");
    return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name);
  }

  private static String pem(X509Certificate certificate) {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that cannot be encoded", e);
    }
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }

  private static Path writeFile(Path file, String content) {
    try {
      return Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
