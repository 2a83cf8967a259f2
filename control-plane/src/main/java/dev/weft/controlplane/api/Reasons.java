package dev.weft.controlplane.api;

import dev.weft.controlplane.auth.CallerName;
import dev.weft.controlplane.registry.history.ChangeNote;
import io.grpc.Status;

/** Who calls and why, as it is written down. */
final class Reasons {
  private Reasons() {}

  /**
   * To be asked for on the thread that serves the call.
   *
   * @throws io.grpc.StatusRuntimeException when the reason is too long, or of several lines
   */
  static ChangeNote note(String reason) {
    if (reason.length() > ChangeNote.MAX_REASON
        || reason.chars().anyMatch(Character::isISOControl)) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "reason has "
                  + reason.length()
                  + " characters, expected at most "
                  + ChangeNote.MAX_REASON
                  + ", on one line")
          .asRuntimeException();
    }
    return new ChangeNote(CallerName.current(), reason);
  }
}
