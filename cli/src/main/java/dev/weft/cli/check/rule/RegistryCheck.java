package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.ServiceSummary;
import java.util.List;

/**
 * What a control plane without Kubernetes knows of what could be wrong. Pure.
 *
 * @param address of the control plane, for people
 * @param warnings what it says itself
 * @param services with how many instances
 * @param instances of those that registered themselves
 * @param invalid what its own rules say of the policies that it holds
 */
public record RegistryCheck(
    String address,
    List<String> warnings,
    List<ServiceSummary> services,
    List<Instance> instances,
    List<PolicyError> invalid)
    implements Check {
  /** Copies the lists. */
  public RegistryCheck {
    warnings = List.copyOf(warnings);
    services = List.copyOf(services);
    instances = List.copyOf(instances);
    invalid = List.copyOf(invalid);
  }

  @Override
  public void run(Findings to) {
    to.ok(CheckId.CONTROL_PLANE, "the control plane at " + address + " answers");
    for (String warning : warnings) {
      to.error(
          CheckId.STORE,
          "",
          warning,
          "look at the log of the control plane and at its /ready, on port 7701");
    }
    to.okUnlessFound(CheckId.STORE, "it follows its store");
    for (ServiceSummary service : services) {
      if (service.getReadyInstances() == 0 && service.getInstances() > 0) {
        to.error(
            CheckId.INSTANCE_READY,
            "service " + service.getNamespace() + "/" + service.getName(),
            "none of its "
                + service.getInstances()
                + " instances is ready: calls to it are answered"
                + " with 503",
            "weft registry list "
                + service.getName()
                + " -n "
                + service.getNamespace()
                + " says why each is not");
      }
    }
    for (Instance instance : instances) {
      if (instance.getReadiness() == Readiness.NOT_READY) {
        to.warning(
            CheckId.INSTANCE_READY,
            "instance " + instance.getNamespace() + "/" + instance.getId(),
            "is not ready and gets no traffic: " + instance.getReadinessReason(),
            "start its application, or let its readiness check pass");
      }
    }
    if (!instances.isEmpty()) {
      to.okUnlessFound(
          CheckId.INSTANCE_READY, "each of " + instances.size() + " instances is ready");
    }
    for (PolicyError error : invalid) {
      to.error(
          CheckId.POLICY_INVALID,
          error.getObject(),
          (error.getFieldPath().isEmpty() ? "" : error.getFieldPath() + ": ") + error.getMessage(),
          "change it and weft apply it again"
              + (error.getExpected().isEmpty() ? "" : "; expected " + error.getExpected()));
    }
    to.okUnlessFound(CheckId.POLICY_INVALID, "the policies that it holds are valid");
  }
}
