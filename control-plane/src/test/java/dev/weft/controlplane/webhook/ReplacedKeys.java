package dev.weft.controlplane.webhook;

import dev.weft.testkit.TestCa.Issued;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Shows the certificate that it was given last. Safe from any thread. */
final class ReplacedKeys extends X509ExtendedKeyManager {
  private static final String ALIAS = "own";
  private volatile Issued issued;

  ReplacedKeys(Issued first) {
    issued = first;
  }

  void replace(Issued other) {
    issued = other;
  }

  @Override
  public String chooseServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return ALIAS;
  }

  @Override
  public String chooseEngineServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return ALIAS;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return new X509Certificate[] {issued.certificate()};
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return issued.key();
  }

  @Override
  public String[] getServerAliases(String type, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
    return new String[0];
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] type, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
