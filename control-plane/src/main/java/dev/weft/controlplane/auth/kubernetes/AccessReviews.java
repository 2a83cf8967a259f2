package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.auth.Access;
import dev.weft.controlplane.auth.AccessReviewer;
import dev.weft.controlplane.auth.Caller;
import dev.weft.controlplane.auth.ReviewUnavailableException;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/**
 * Asks the API server what a caller may: {@code authorization.k8s.io/v1} {@code
 * SubjectAccessReview}.
 */
final class AccessReviews implements AccessReviewer {
  private static final String REMEDY =
      "bind its service account to the ClusterRole system:auth-delegator";

  private final KubernetesClient client;

  AccessReviews(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public boolean allowed(Caller caller, Access access) throws ReviewUnavailableException {
    try {
      SubjectAccessReview answer =
          client
              .authorization()
              .v1()
              .subjectAccessReview()
              .create(
                  new SubjectAccessReviewBuilder()
                      .withNewSpec()
                      .withUser(caller.user())
                      .withUid(caller.uid())
                      .withGroups(caller.groups())
                      .withExtra(caller.extra())
                      .withNewResourceAttributes()
                      .withVerb(access.verb())
                      .withGroup(access.group())
                      .withResource(access.resource())
                      .withNamespace(access.namespace())
                      .withName(access.name())
                      .endResourceAttributes()
                      .endSpec()
                      .build());
      return answer.getStatus() != null && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    } catch (KubernetesClientException e) {
      throw Failures.unavailable(e, "create subjectaccessreviews", REMEDY);
    }
  }
}
