package dev.weft.controlplane.validate.policy;

import dev.weft.proto.policy.v1.PolicyError;
import java.util.List;

/**
 * The documents of some manifests, decoded and checked together.
 *
 * @param documents those without errors, in the order of the manifests
 * @param errors in the order of the manifests; any means that nothing may be written
 */
public record PolicyBatch(
    List<PolicyDocument> documents, List<PolicyError> errors, List<PolicyError> warnings) {
  public PolicyBatch {
    documents = List.copyOf(documents);
    errors = List.copyOf(errors);
    warnings = List.copyOf(warnings);
  }
}
