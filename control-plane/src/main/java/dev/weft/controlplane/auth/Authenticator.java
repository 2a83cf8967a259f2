package dev.weft.controlplane.auth;

import dev.weft.controlplane.auth.TokenReviewer.Verdict;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.function.LongSupplier;

/**
 * Who calls, by what a call shows. A token's answer is remembered for a minute, and serves for ten
 * while the API server does not answer, but never past the token's own end. May block; safe from
 * any thread.
 */
final class Authenticator {
  static final int MAX_TOKENS = 10_000;
  static final Duration FRESH = Duration.ofMinutes(1);
  static final Duration STALE = Duration.ofMinutes(10);
  static final int MAX_TOKEN_CHARS = 16 << 10;

  private static final String HOW =
      "a sidecar shows its pod's service-account token for the audience "
          + Caller.AUDIENCE
          + " (--token-file FILE, of a projected volume), a person what the kubeconfig has (weft"
          + " --kubeconfig FILE), others send \"authorization: Bearer TOKEN\" (kubectl create token)";

  private final TokenReviewer reviewer;
  private final ClientCertificates certificates;
  private final InstantSource clock;
  private final ReviewCache<String, Verdict> verdicts;

  Authenticator(
      TokenReviewer reviewer,
      ClientAuthority authority,
      InstantSource clock,
      LongSupplier nanoClock) {
    this.reviewer = reviewer;
    this.certificates = new ClientCertificates(authority);
    this.clock = clock;
    this.verdicts =
        new ReviewCache<>(MAX_TOKENS, FRESH, STALE, each -> each.caller() != null, nanoClock);
  }

  /**
   * A token goes before a certificate.
   *
   * @throws RefusedException with what to do
   * @throws ReviewUnavailableException when nobody can tell at present
   */
  Caller authenticate(Credentials credentials) throws RefusedException, ReviewUnavailableException {
    String token = credentials.token();
    if (token != null) {
      return ofToken(token);
    }
    if (!credentials.chain().isEmpty()) {
      return certificates.caller(credentials.chain());
    }
    throw new RefusedException(
        Refusal.unauthenticated(
            "it is not known who calls: neither a bearer token nor a client certificate was shown; "
                + HOW));
  }

  /**
   * How long what a caller was let in by is good; a day at most, so that whoever stays longer is
   * looked at again.
   */
  Duration life(Credentials credentials) {
    String token = credentials.token();
    if (token != null) {
      return TokenClaims.of(token).life(clock.instant());
    }
    Duration life = TokenClaims.LONGEST;
    for (X509Certificate each : credentials.chain()) {
      Duration left = Duration.between(clock.instant(), each.getNotAfter().toInstant());
      life = left.compareTo(life) < 0 ? left : life;
    }
    return life;
  }

  ReviewCache<String, Verdict> verdicts() {
    return verdicts;
  }

  private Caller ofToken(String token) throws RefusedException, ReviewUnavailableException {
    if (token.length() > MAX_TOKEN_CHARS) {
      throw new RefusedException(
          Refusal.unauthenticated(
              "the bearer token is "
                  + token.length()
                  + " characters long, expected at most "
                  + MAX_TOKEN_CHARS));
    }
    TokenClaims claims = TokenClaims.of(token);
    Duration life = claims.life(clock.instant());
    if (life.isNegative() || life.isZero()) {
      throw new RefusedException(
          Refusal.unauthenticated(
              claims.shown() + ", has expired; read the token file anew, or make a new token"));
    }
    Verdict verdict =
        verdicts.get(digest(token), life, () -> reviewer.review(token, claims.mesh()));
    Caller caller = verdict.caller();
    if (caller == null) {
      throw new RefusedException(
          Refusal.unauthenticated(
              claims.shown()
                  + ", is refused by the API server: "
                  + verdict.reason()
                  + "; expected one of this cluster: "
                  + HOW));
    }
    return caller;
  }

  /** So that no token is kept. */
  private static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}
