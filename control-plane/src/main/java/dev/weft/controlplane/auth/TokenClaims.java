package dev.weft.controlplane.auth;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/**
 * What a token says of itself, unverified: enough to know whom to ask about it, and to tell a
 * person which token was refused. Of a token that is no JWT (RFC 7519) nothing is known.
 *
 * @param expires {@link Instant#MAX} when it does not say
 */
record TokenClaims(String subject, List<String> audiences, Instant expires) {
  private static final TokenClaims NOTHING = new TokenClaims("", List.of(), Instant.MAX);
  private static final int MAX_SHOWN = 200;

  static TokenClaims of(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return NOTHING;
    }
    try {
      var claims = Struct.newBuilder();
      JsonFormat.parser()
          .merge(
              new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8), claims);
      Value audience = claims.getFieldsOrDefault("aud", Value.getDefaultInstance());
      Value expires = claims.getFieldsOrDefault("exp", Value.getDefaultInstance());
      return new TokenClaims(
          claims.getFieldsOrDefault("sub", Value.getDefaultInstance()).getStringValue(),
          audience.hasListValue()
              ? audience.getListValue().getValuesList().stream().map(Value::getStringValue).toList()
              : List.of(audience.getStringValue()),
          expires.hasNumberValue()
              ? Instant.ofEpochSecond((long) expires.getNumberValue())
              : Instant.MAX);
    } catch (IllegalArgumentException
        | InvalidProtocolBufferException
        | java.time.DateTimeException e) {
      return NOTHING;
    }
  }

  /** Whether it says to be meant for the mesh. */
  boolean mesh() {
    return audiences.contains(Caller.AUDIENCE);
  }

  /** How long it can be good at most. */
  Duration life(Instant now) {
    Duration most = Duration.ofDays(1);
    return expires.isAfter(now.plus(most)) ? most : Duration.between(now, expires);
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
