package dev.weft.controlplane.pki;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that are held: the one that signs, the one that will (while it is only trusted),
 * and those that did. Immutable; every replica that reads the same one at the same time does the
 * same with it.
 *
 * <p>Its text is PEM: a certificate that its key follows is first the one that signs, then the next
 * one; certificates without a key are those that did.
 */
record Roots(
    KeyedCertificate signer, @Nullable KeyedCertificate next, List<X509Certificate> retired) {
  Roots {
    retired = List.copyOf(retired);
  }

  static Roots make(Instant now, PkiTimes times) {
    return new Roots(CertificateIssuer.newRoot(now, times.root()), null, List.of());
  }

  /**
   * @throws PkiException in words, without the place, which who calls knows
   */
  static Roots parse(String text) throws PkiException {
    var keyed = new ArrayList<KeyedCertificate>();
    var bare = new ArrayList<X509Certificate>();
    X509Certificate last = null;
    for (Pem.Block block : Pem.blocks(text)) {
      switch (block.type()) {
        case Pem.CERTIFICATE -> {
          if (last != null) {
            bare.add(last);
          }
          last = Pem.certificate(block.der());
        }
        case Pem.KEY -> {
          if (last == null) {
            throw new PkiException("a private key stands without its certificate before it", null);
          }
          PrivateKey key = Pem.privateKey(block.der(), last);
          keyed.add(KeyedCertificate.of(List.of(last), key));
          last = null;
        }
        default -> throw new PkiException("a " + block.type() + " has no place here", null);
      }
    }
    if (last != null) {
      bare.add(last);
    }
    if (keyed.isEmpty() || keyed.size() > 2) {
      throw new PkiException(
          "it holds " + keyed.size() + " certificates with a private key, expected 1 or 2", null);
    }
    return new Roots(keyed.getFirst(), keyed.size() == 2 ? keyed.getLast() : null, bare);
  }

  String text() {
    var text = new StringBuilder();
    text.append(Pem.text(signer.certificate())).append(Pem.text(signer.key()));
    if (next != null) {
      text.append(Pem.text(next.certificate())).append(Pem.text(next.key()));
    }
    return text.append(Pem.text(retired)).toString();
  }

  /** Whom those who verify have to trust, the one that signs first. */
  List<X509Certificate> trusted() {
    var all = new ArrayList<X509Certificate>();
    all.add(signer.certificate());
    if (next != null) {
      all.add(next.certificate());
    }
    all.addAll(retired);
    return all;
  }

  /** What time makes of it; the same object when it is as it should be. */
  Roots advance(Instant now, PkiTimes times) {
    if (!now.isBefore(signer.notAfter())) {
      // Nobody was here for years: nothing that it signed is in force anyway.
      return next != null && now.isBefore(next.notAfter())
          ? new Roots(next, null, List.of())
          : make(now, times);
    }
    if (next != null) {
      return now.isBefore(made(next).plus(times.spread()))
          ? this
          : new Roots(next, null, with(retired, signer.certificate()));
    }
    if (!retired.isEmpty() && !now.isBefore(made(signer).plus(times.retirement()))) {
      return new Roots(signer, null, List.of());
    }
    return now.isBefore(signer.notAfter().minus(times.rootRenewal())) ? this : rotate(now, times);
  }

  /** Begins a rotation; the same object while one is under way. */
  Roots rotate(Instant now, PkiTimes times) {
    return next != null
        ? this
        : new Roots(signer, CertificateIssuer.newRoot(now, times.root()), retired);
  }

  private static Instant made(KeyedCertificate root) {
    return root.notBefore().plus(PkiTimes.SKEW);
  }

  private static List<X509Certificate> with(List<X509Certificate> some, X509Certificate one) {
    var all = new ArrayList<X509Certificate>();
    all.add(one);
    all.addAll(some);
    return all;
  }
}
