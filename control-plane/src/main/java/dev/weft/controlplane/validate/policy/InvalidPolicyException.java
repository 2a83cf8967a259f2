package dev.weft.controlplane.validate.policy;

import dev.weft.proto.policy.v1.PolicyError;
import java.util.List;
import java.util.stream.Collectors;

/** A stored document that cannot be decoded: written by a newer version, or damaged. */
public final class InvalidPolicyException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<PolicyError> errors;

  public InvalidPolicyException(List<PolicyError> errors) {
    super(errors.stream().map(InvalidPolicyException::line).collect(Collectors.joining("; ")));
    this.errors = List.copyOf(errors);
  }

  public List<PolicyError> errors() {
    return errors;
  }

  private static String line(PolicyError error) {
    return String.join(" ", List.of(error.getObject(), error.getFieldPath(), error.getMessage()))
        .strip();
  }
}
