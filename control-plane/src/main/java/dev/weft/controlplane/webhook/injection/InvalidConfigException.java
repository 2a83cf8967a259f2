package dev.weft.controlplane.webhook.injection;

import dev.weft.proto.policy.v1.PolicyError;
import java.util.List;
import java.util.stream.Collectors;

/** A document of the injection's configuration that is wrong; what was in force stays so. */
public final class InvalidConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidConfigException(List<PolicyError> errors) {
    super(errors.stream().map(InvalidConfigException::line).collect(Collectors.joining("; ")));
  }

  private static String line(PolicyError error) {
    return error.getManifest()
        + (error.getLine() > 0 ? ":" + error.getLine() : "")
        + ": "
        + (error.getFieldPath() + " " + error.getMessage()).strip();
  }
}
