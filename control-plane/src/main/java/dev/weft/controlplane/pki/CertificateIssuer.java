package dev.weft.controlplane.pki;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
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
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes keys (P-256) and certificates (X.509 v3, as RFC 5280 profiles them). Pure but for chance.
 */
final class CertificateIssuer {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private CertificateIssuer() {}

  /** A new authority, which signs itself; its common name tells it from an earlier one. */
  static KeyedCertificate newRoot(Instant now, Duration lifetime) {
    KeyPair keys = newKeys();
    var name = new X500Principal("CN=Weft control plane " + now.getEpochSecond() + ",O=Weft");
    X509v3CertificateBuilder builder =
        builder(name, name, keys, now.minus(PkiTimes.SKEW), now.plus(lifetime));
    try {
      // Only what serves: it signs no other authority.
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
      return new KeyedCertificate(List.of(sign(builder, keys)), keys.getPrivate());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make an authority", e);
    }
  }

  /**
   * A certificate for a server.
   *
   * @param names host names and IP addresses; the first is its common name, too
   */
  static KeyedCertificate serving(
      KeyedCertificate root, List<String> names, Instant now, Duration lifetime) {
    return issue(root, names, now, lifetime, KeyPurposeId.id_kp_serverAuth);
  }

  /** A certificate for who is a server and a client; otherwise as {@link #serving}. */
  static KeyedCertificate member(
      KeyedCertificate root, List<String> names, Instant now, Duration lifetime) {
    return issue(
        root, names, now, lifetime, KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);
  }

  private static KeyedCertificate issue(
      KeyedCertificate root,
      List<String> names,
      Instant now,
      Duration lifetime,
      KeyPurposeId... purposes) {
    KeyPair keys = newKeys();
    Instant end = now.plus(lifetime);
    X509v3CertificateBuilder builder =
        builder(
            root.certificate().getSubjectX500Principal(),
            new X500Principal("CN=" + names.getFirst()),
            keys,
            now.minus(PkiTimes.SKEW),
            end.isAfter(root.notAfter()) ? root.notAfter() : end);
    try {
      var identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
      builder.addExtension(Extension.subjectAlternativeName, false, generalNames(names));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          identifiers.createAuthorityKeyIdentifier(root.certificate()));
      X509Certificate signed =
          sign(builder, new KeyPair(root.certificate().getPublicKey(), root.key()));
      return new KeyedCertificate(List.of(signed), keys.getPrivate());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot sign a certificate for " + names, e);
    }
  }

  private static GeneralNames generalNames(Collection<String> names) {
    return new GeneralNames(
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        ADDRESS.matcher(name).matches()
                            ? GeneralName.iPAddress
                            : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }

  private static X509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair keys, Instant from, Instant until) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
        Date.from(from),
        Date.from(until),
        subject,
        keys.getPublic());
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair signer)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256 keys here", e);
    }
  }
}
