package dev.weft.controlplane.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.auth.TokenReviewer.Verdict;
import dev.weft.testkit.TestCa;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
  private static final Caller JANE = new Caller("jane", "", List.of("dev"), Map.of(), null);

  private final TestCa ca = new TestCa("clients");
  private final List<String> asked = new ArrayList<>();
  private Verdict verdict = Verdict.of(JANE);
  private boolean away;
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");
  private final Authenticator authenticator =
      new Authenticator(
          (token, mesh) -> {
            asked.add((mesh ? "mesh " : "api ") + token.length());
            if (away) {
              throw new ReviewUnavailableException("the API server is not reached", null);
            }
            return verdict;
          },
          ca::certificatePem,
          () -> now,
          () -> Duration.between(Instant.EPOCH, now).toNanos());

  @Test
  void aTokenIsReviewedOnceAMinuteByWhoeverItIsMeantFor() throws Exception {
    String mesh = token("[\"weft\"]", now.plusSeconds(3600));
    String api = token("\"https://kubernetes.default.svc\"", now.plusSeconds(3600));
    assertThat(of(mesh)).isEqualTo(JANE);
    assertThat(of(mesh)).isEqualTo(JANE);
    assertThat(of(api)).isEqualTo(JANE);
    assertThat(of("opaque")).isEqualTo(JANE);
    assertThat(asked)
        .containsExactly(
            "mesh " + mesh.length(), "api " + api.length(), "api " + "opaque".length());
    now = now.plus(Authenticator.FRESH);
    assertThat(of(mesh)).isEqualTo(JANE);
    assertThat(asked).hasSize(4);
  }

  @Test
  void whileTheApiServerIsAwayAnOlderAnswerServesForABoundedTime() throws Exception {
    String token = token("\"weft\"", now.plusSeconds(3600));
    assertThat(of(token)).isEqualTo(JANE);
    away = true;
    assertThatThrownBy(() -> of("another")).isInstanceOf(ReviewUnavailableException.class);
    now = now.plus(Authenticator.STALE).minusSeconds(1);
    assertThat(of(token)).isEqualTo(JANE);
    assertThat(authenticator.verdicts().usedStale()).isOne();
    now = now.plusSeconds(1);
    assertThatThrownBy(() -> of(token)).isInstanceOf(ReviewUnavailableException.class);
    away = false;
    assertThat(of(token)).isEqualTo(JANE);
  }

  @Test
  void neverPastItsOwnEnd() throws Exception {
    String token = token("\"weft\"", now.plusSeconds(90));
    assertThat(of(token)).isEqualTo(JANE);
    away = true;
    now = now.plusSeconds(89);
    assertThat(of(token)).isEqualTo(JANE);
    now = now.plusSeconds(1);
    assertThatThrownBy(() -> of(token))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("\"system:serviceaccount:shop:catalog\" for the audience weft")
        .hasMessageContaining("has expired");
  }

  @Test
  void aRefusalIsNotTheLastWordOfAnApiServerThatIsAway() throws Exception {
    String token = token("\"weft\"", now.plusSeconds(3600));
    verdict = Verdict.refused("the pod is gone");
    assertThatThrownBy(() -> of(token))
        .hasMessageContaining("refused by the API server: the pod is gone")
        .hasMessageContaining("--token-file")
        .hasMessageNotContaining(token);
    now = now.plus(Authenticator.FRESH);
    away = true;
    assertThatThrownBy(() -> of(token)).isInstanceOf(ReviewUnavailableException.class);
  }

  @Test
  void tokensThatAreRememberedAreBounded() throws Exception {
    for (int i = 0; i < Authenticator.MAX_TOKENS + 10; i++) {
      of("token-" + i);
    }
    assertThat(authenticator.verdicts().size()).isEqualTo(Authenticator.MAX_TOKENS);
    assertThatThrownBy(() -> of("x".repeat(Authenticator.MAX_TOKEN_CHARS + 1)))
        .hasMessageContaining("expected at most");
  }

  @Test
  void aCertificatesCommonNameIsTheUserAndItsOrganizationsAreGroups() throws Exception {
    assertThat(of(ca.issue("jane,O=dev,O=system:masters").certificate()))
        .isEqualTo(
            new Caller(
                "jane",
                "",
                List.of("system:masters", "dev", "system:authenticated"),
                Map.of(),
                null));
    assertThatThrownBy(() -> of(new TestCa("others").issue("jane").certificate()))
        .hasMessageContaining("client certificate of \"CN=jane\" is not one of this cluster's");
    Instant yesterday = Instant.now().minus(Duration.ofDays(1));
    assertThatThrownBy(
            () -> of(ca.issue(yesterday.minusSeconds(60), yesterday, "jane").certificate()))
        .hasMessageContaining("not in force");
    assertThatThrownBy(() -> authenticator.authenticate(new Credentials(null, List.of())))
        .hasMessageContaining("neither a bearer token nor a client certificate");
  }

  private Caller of(String token) throws RefusedException, ReviewUnavailableException {
    return authenticator.authenticate(new Credentials(token, List.of()));
  }

  private Caller of(X509Certificate certificate)
      throws RefusedException, ReviewUnavailableException {
    return authenticator.authenticate(new Credentials(null, List.of(certificate)));
  }

  private static String token(String audience, Instant expires) {
    String claims =
        "{\"sub\":\"system:serviceaccount:shop:catalog\",\"aud\":"
            + audience
            + ",\"exp\":"
            + expires.getEpochSecond()
            + "}";
    return "e30."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2ln";
  }
}
