package dev.weft.controlplane.webhook;

/** Decides about one object; called on any thread, and quick. */
@FunctionalInterface
interface Reviewer {
  AdmissionAnswer review(AdmissionRequest request);
}
