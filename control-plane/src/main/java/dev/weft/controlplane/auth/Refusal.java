package dev.weft.controlplane.auth;

import io.grpc.Status;

/**
 * Why a call is not let in: one sentence with who was seen, what was missing and what to do.
 *
 * @param status UNAUTHENTICATED, PERMISSION_DENIED, or UNAVAILABLE while nobody can tell
 */
record Refusal(Status.Code status, String sentence) {
  static Refusal unauthenticated(String sentence) {
    return new Refusal(Status.Code.UNAUTHENTICATED, sentence);
  }

  static Refusal denied(String sentence) {
    return new Refusal(Status.Code.PERMISSION_DENIED, sentence);
  }

  static Refusal unavailable(String sentence) {
    return new Refusal(Status.Code.UNAVAILABLE, sentence);
  }
}
