package dev.weft.controlplane.auth;

import org.jspecify.annotations.Nullable;

/** Says whose a bearer token is. May block; safe from any thread. */
public interface TokenReviewer {
  /**
   * The answer to a token.
   *
   * @param caller null: the token is refused
   * @param reason why; empty when it is not
   */
  record Verdict(@Nullable Caller caller, String reason) {
    public static Verdict of(Caller caller) {
      return new Verdict(caller, "");
    }

    public static Verdict refused(String reason) {
      return new Verdict(null, reason);
    }
  }

  /**
   * Asks.
   *
   * @param mesh whether the token has to be meant for {@link Caller#AUDIENCE}; else, for the API
   *     server
   * @throws ReviewUnavailableException when there is no answer
   */
  Verdict review(String token, boolean mesh) throws ReviewUnavailableException;
}
