package dev.weft.sidecar.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says in words why TLS failed, from the exceptions of Netty and the error texts of BoringSSL. */
final class Reasons {
  // In BoringSSL's spelling, which is part of its interface; the more special first.
  private static final Map<String, String> TEXTS = texts();

  private Reasons() {}

  /**
   * What went wrong, as the end of a sentence about the connection.
   *
   * @param peer what the other side is called
   */
  static String of(Throwable failure, String peer) {
    Throwable at = failure;
    String text = "";
    while (at != null) {
      if (at instanceof CertificateException) {
        return peer + " was not accepted: " + at.getMessage();
      }
      if (at instanceof SslHandshakeTimeoutException) {
        return "the handshake took too long";
      }
      if (at instanceof NotSslRecordException) {
        return peer + " does not speak TLS";
      }
      if (at instanceof ClosedChannelException) {
        return peer + " closed the connection within the handshake";
      }
      if (at.getMessage() != null) {
        text = at.getMessage();
      }
      at = at.getCause();
    }
    for (Map.Entry<String, String> each : TEXTS.entrySet()) {
      if (text.contains(each.getKey())) {
        return each.getValue().replace("{}", peer);
      }
    }
    return text.isEmpty() ? failure.getClass().getSimpleName() : text;
  }

  static boolean isTimeout(Throwable failure) {
    return failure instanceof SslHandshakeTimeoutException
        || failure.getCause() instanceof SslHandshakeTimeoutException;
  }

  private static Map<String, String> texts() {
    var texts = new LinkedHashMap<String, String>();
    texts.put("ALERT_CERTIFICATE_REQUIRED", "{} wants a client certificate and got none");
    texts.put("ALERT_UNKNOWN_CA", "{} refused our certificate: it does not know its authority");
    texts.put("ALERT_CERTIFICATE_EXPIRED", "{} refused our certificate: it has expired");
    texts.put("ALERT_CERTIFICATE_REVOKED", "{} refused our certificate: it is revoked");
    texts.put("ALERT_BAD_CERTIFICATE", "{} refused our certificate");
    texts.put("ALERT_CERTIFICATE_UNKNOWN", "{} refused our certificate");
    texts.put("ALERT_UNSUPPORTED_CERTIFICATE", "{} refused our certificate: not of its kind");
    texts.put("ALERT_ACCESS_DENIED", "{} refused us: access denied");
    texts.put("ALERT_PROTOCOL_VERSION", "{} refused our TLS versions");
    texts.put("ALERT_HANDSHAKE_FAILURE", "{} found no cipher or certificate to agree on");
    texts.put("ALERT_UNRECOGNIZED_NAME", "{} does not know the name that we asked for");
    texts.put("ALERT_NO_APPLICATION_PROTOCOL", "{} speaks none of our protocols (ALPN)");
    texts.put("ALERT_INSUFFICIENT_SECURITY", "{} wants stronger ciphers");
    texts.put("PEER_DID_NOT_RETURN_A_CERTIFICATE", "{} showed no certificate, which is required");
    texts.put("UNSUPPORTED_PROTOCOL", "no TLS version in common with {}: we speak 1.2 and 1.3");
    texts.put("NO_SHARED_CIPHER", "no cipher in common with {}");
    texts.put("WRONG_VERSION_NUMBER", "{} does not speak TLS");
    texts.put("HTTP_REQUEST", "{} speaks HTTP without TLS");
    texts.put("remote-initiated renegotiation", "{} began a renegotiation, which is not allowed");
    return texts;
  }
}
