package dev.weft.sidecar.tls;

import dev.weft.sidecar.tls.certificate.Credential;
import dev.weft.sidecar.tls.certificate.TlsFileException;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.SimpleKeyManagerFactory;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.ManagerFactoryParameters;
import org.jspecify.annotations.Nullable;

/**
 * What every context has in common: BoringSSL, TLS 1.2 with forward secrecy and authenticated
 * encryption only, TLS 1.3 with all its suites, no renegotiation (neither BoringSSL nor TLS 1.3
 * lets a peer begin one), no compression.
 */
final class Contexts {
  static final String TLS_1_2 = "TLSv1.2";
  static final String TLS_1_3 = "TLSv1.3";

  /**
   * In the order of preference; BoringSSL orders those of TLS 1.3 by what the machine does best.
   */
  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private Contexts() {}

  static SslContextBuilder common(SslContextBuilder builder, List<String> alpn)
      throws TlsFileException {
    if (!OpenSsl.isAvailable()) {
      throw new TlsFileException(
          "BoringSSL cannot be loaded here: " + OpenSsl.unavailabilityCause());
    }
    if (!alpn.isEmpty()) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              Protocol.ALPN,
              SelectorFailureBehavior.NO_ADVERTISE,
              SelectedListenerFailureBehavior.ACCEPT,
              alpn));
    }
    return builder
        .sslProvider(SslProvider.OPENSSL_REFCNT)
        .ciphers(CIPHERS)
        // Callbacks run where the handshake runs, on the worker: there is no other thread to wait
        // for.
        .option(OpenSslContextOption.USE_TASKS, false);
  }

  /** Shows that certificate; its native form is made once. */
  static KeyManagerFactory keys(Credential credential) {
    KeyManager manager = credential.keyManager();
    return new OpenSslCachingX509KeyManagerFactory(
        new SimpleKeyManagerFactory() {
          @Override
          protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

          @Override
          protected void engineInit(ManagerFactoryParameters parameters) {}

          @Override
          protected KeyManager[] engineGetKeyManagers() {
            return new KeyManager[] {manager};
          }
        });
  }
}
