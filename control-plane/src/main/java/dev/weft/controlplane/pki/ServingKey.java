package dev.weft.controlplane.pki;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows a server's current certificate to every new connection; connections that are open keep
 * theirs. Each certificate has a name of its own, because TLS libraries remember by name. Safe from
 * any thread.
 */
final class ServingKey extends X509ExtendedKeyManager {
  private static final String[] NONE = {};

  private record Shown(String alias, KeyedCertificate certificate, @Nullable Shown before) {}

  private volatile @Nullable Shown shown;
  private long count;

  synchronized void show(KeyedCertificate certificate) {
    Shown old = shown;
    // A handshake that has begun asks for its certificate by name a moment later.
    Shown before = old == null ? null : new Shown(old.alias, old.certificate, null);
    shown = new Shown("weft-" + ++count, certificate, before);
  }

  @Nullable KeyedCertificate current() {
    Shown now = shown;
    return now == null ? null : now.certificate;
  }

  /** Until when what is shown is good; the epoch when nothing is. */
  Instant notAfter() {
    KeyedCertificate now = current();
    return now == null ? Instant.EPOCH : now.notAfter();
  }

  /** Kinds are named EC, RSA, or, for TLS 1.2 and BoringSSL's callbacks, EC_EC and the like. */
  private @Nullable String fitting(@Nullable String kind) {
    Shown now = shown;
    if (now == null || kind == null) {
      return null;
    }
    String algorithm = now.certificate.key().getAlgorithm();
    return kind.equals(algorithm) || kind.startsWith(algorithm + "_") ? now.alias : null;
  }

  private @Nullable KeyedCertificate named(@Nullable String alias) {
    for (Shown each = shown; each != null; each = each.before) {
      if (each.alias.equals(alias)) {
        return each.certificate;
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String kind, Principal @Nullable [] issuers, SSLEngine engine) {
    return fitting(kind);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String kind, Principal @Nullable [] issuers, Socket socket) {
    return fitting(kind);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] kinds, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  @Override
  public String[] getClientAliases(String kind, Principal @Nullable [] issuers) {
    return NONE;
  }

  @Override
  public String[] getServerAliases(String kind, Principal @Nullable [] issuers) {
    String alias = fitting(kind);
    return alias == null ? NONE : new String[] {alias};
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    KeyedCertificate found = named(alias);
    return found == null ? null : found.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    KeyedCertificate found = named(alias);
    return found == null ? null : found.key();
  }
}
