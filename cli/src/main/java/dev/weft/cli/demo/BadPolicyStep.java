package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.process.Await;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.PolicyError;
import java.time.Duration;
import java.util.List;

/** A document with a mistake is refused with all that is needed to mend it, and nothing moves. */
final class BadPolicyStep implements Step {
  private static final String FILE = "bad-canary.yaml";

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    Counts before = load.counts();
    long policies = mesh.api().policies().getPoliciesList().hashCode();
    ApplyResponse response = mesh.api().apply(FILE, Documents.badCanary());
    List<PolicyError> errors = response.getErrorsList();
    PolicyError error = errors.isEmpty() ? PolicyError.getDefaultInstance() : errors.getFirst();
    report.check(
        "bad policy",
        response.getResultsCount() == 0
            && error.getManifest().equals(FILE)
            && error.getDocument() == 1
            && error.getFieldPath().equals("spec.rules[0].backendRefs[1].weight")
            && error.getValue().contains("plenty")
            && !error.getExpected().isEmpty(),
        String.format(
            "refused: %s, document %d, %s is %s, expected %s",
            error.getManifest(),
            error.getDocument(),
            error.getFieldPath(),
            error.getValue(),
            error.getExpected()));
    Await.pause(Duration.ofMillis(500));
    boolean unmoved = policies == mesh.api().policies().getPoliciesList().hashCode();
    report.check("bad policy", unmoved, "every document is as it was");
    report.noneFailed("bad policy", "meanwhile", load.counts().since(before));
  }
}
