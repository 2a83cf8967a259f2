package dev.weft.controlplane.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What a token says of itself, unverified: enough to know whom to ask about it, and to tell a
 * person which token was refused. Of a token that is no JWT (RFC 7519) nothing is known.
 *
 * @param expires {@link Instant#MAX} when it does not say
 */
record TokenClaims(String subject, List<String> audiences, Instant expires) {
  /** Nothing is taken to be good for longer. */
  static final Duration LONGEST = Duration.ofDays(1);

  private static final TokenClaims NOTHING = new TokenClaims("", List.of(), Instant.MAX);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_SHOWN = 200;

  static TokenClaims of(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return NOTHING;
    }
    try {
      JsonNode claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
      JsonNode audience = claims.path("aud");
      JsonNode expires = claims.path("exp");
      var audiences = new ArrayList<String>();
      audience.forEach(each -> audiences.add(each.asText()));
      return new TokenClaims(
          claims.path("sub").asText(),
          audience.isArray() ? audiences : List.of(audience.asText()),
          expires.isNumber() ? Instant.ofEpochSecond(expires.asLong()) : Instant.MAX);
    } catch (IllegalArgumentException | IOException | DateTimeException e) {
      return NOTHING;
    }
  }

  /** Whether it says to be meant for the mesh. */
  boolean mesh() {
    return audiences.contains(Caller.AUDIENCE);
  }

  /** How long it can be good at most. */
  Duration life(Instant now) {
    return expires.isAfter(now.plus(LONGEST)) ? LONGEST : Duration.between(now, expires);
  }

  /** For people; never the token. */
  String shown() {
    if (subject.isEmpty() && audiences.isEmpty()) {
      return "the bearer token (it is no JWT, so nothing more is known of it)";
    }
    String text =
        "the bearer token of \""
            + subject
            + "\" for the audience "
            + String.join(", ", audiences)
            + (expires.equals(Instant.MAX) ? "" : ", good until " + expires);
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }
}
