package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.pki.KeyedCertificate;
import dev.weft.controlplane.pki.Pem;
import dev.weft.controlplane.pki.PkiException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom the connections to etcd trust and what they show: each new one what was read last. What
 * cannot be used leaves in force what was there. {@link #refresh} is for one thread at a time; the
 * credentials are safe from any.
 */
final class TlsMaterial {
  private static final System.Logger LOG = System.getLogger(TlsMaterial.class.getName());

  private final EtcdTls source;
  private final AdvancedTlsX509TrustManager trust;
  private final AdvancedTlsX509KeyManager key = new AdvancedTlsX509KeyManager();
  private EtcdTls.Texts inForce;
  private volatile @Nullable Instant notAfter;
  private String problem = "";

  /**
   * Reads for the first time.
   *
   * @throws StoreException as {@link EtcdTls#read}, or because what was read is of no use
   */
  TlsMaterial(EtcdTls source) {
    this.source = source;
    try {
      trust = AdvancedTlsX509TrustManager.newBuilder().build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no X.509", e);
    }
    inForce = source.read();
    use(inForce);
  }

  ChannelCredentials credentials() {
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder().trustManager(trust);
    if (inForce.certificate() != null) {
      tls.keyManager(key);
    }
    return tls.build();
  }

  /** Until when what is shown is in force; null: nothing is shown. Any thread. */
  @Nullable Instant notAfter() {
    return notAfter;
  }

  /** Puts in force what is new. */
  void refresh() {
    String wrong = "";
    try {
      EtcdTls.Texts now = source.read();
      if (!now.equals(inForce)) {
        use(now);
        inForce = now;
        LOG.log(Level.INFO, "new connections to etcd use new certificates: {0}", source);
      }
    } catch (StoreException e) {
      wrong = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "looking at " + source + " failed; it goes on", e);
    }
    if (!wrong.isEmpty() && !wrong.equals(problem)) {
      LOG.log(Level.WARNING, "the certificates for etcd stay as they are: {0}", wrong);
    }
    problem = wrong;
  }

  /** All of it or nothing. */
  private void use(EtcdTls.Texts texts) {
    try {
      X509Certificate[] trusted = authorities(texts.ca());
      KeyedCertificate shown = shown(texts);
      if (trusted == null) {
        trust.useSystemDefaultTrustCerts();
      } else {
        trust.updateTrustCredentials(trusted);
      }
      if (shown != null) {
        key.updateIdentityCredentials(shown.chain().toArray(new X509Certificate[0]), shown.key());
        notAfter = shown.notAfter();
      }
    } catch (GeneralSecurityException | IOException e) {
      throw new StoreFailedException(
          "cannot use the certificates for etcd (" + source + "): " + e, e);
    }
  }

  private X509Certificate @Nullable [] authorities(@Nullable String ca) {
    if (ca == null) {
      return null;
    }
    try {
      List<X509Certificate> found = Pem.certificates(ca);
      if (!found.isEmpty()) {
        return found.toArray(new X509Certificate[0]);
      }
    } catch (PkiException e) {
      throw unusable("the authority's", e);
    }
    throw unusable("the authority's", new PkiException("it holds no certificate in PEM", null));
  }

  private @Nullable KeyedCertificate shown(EtcdTls.Texts texts) {
    if (texts.certificate() == null || texts.key() == null) {
      return null;
    }
    try {
      return KeyedCertificate.parse(texts.certificate(), texts.key());
    } catch (PkiException e) {
      throw unusable("the client's", e);
    }
  }

  private StoreFailedException unusable(String whose, PkiException why) {
    return new StoreFailedException(
        "cannot use " + whose + " certificate for etcd (" + source + "): " + why.getMessage(), why);
  }
}
