package dev.weft.cli.check.gather;

import dev.weft.cli.check.rule.Access;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks the API server who may do what. Blocks. */
final class AccessReviews {
  private static final Access EVERYTHING = new Access("*", "*", "*", "", "", "");

  private final KubernetesClient client;

  AccessReviews(KubernetesClient client) {
    this.client = client;
  }

  /** What the person may of that; one question for who may everything. */
  Map<Access, Boolean> ofCaller(List<Access> all) {
    boolean everything = mayI(EVERYTHING);
    var answers = new HashMap<Access, Boolean>();
    for (Access access : all) {
      answers.put(access, everything || mayI(access));
    }
    return answers;
  }

  /** What a service account may of that; whoever asks needs the right to ask. */
  Map<Access, Boolean> ofAccount(String namespace, String account, List<Access> all) {
    var answers = new HashMap<Access, Boolean>();
    for (Access access : all) {
      SubjectAccessReviewStatus status =
          client
              .authorization()
              .v1()
              .subjectAccessReview()
              .create(
                  new SubjectAccessReviewBuilder()
                      .withNewSpec()
                      .withUser("system:serviceaccount:" + namespace + ":" + account)
                      .withGroups(
                          "system:serviceaccounts",
                          "system:serviceaccounts:" + namespace,
                          "system:authenticated")
                      .withResourceAttributes(attributes(access))
                      .endSpec()
                      .build())
              .getStatus();
      answers.put(access, allowed(status));
    }
    return answers;
  }

  private boolean mayI(Access access) {
    return allowed(
        client
            .authorization()
            .v1()
            .selfSubjectAccessReview()
            .create(
                new SelfSubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withResourceAttributes(attributes(access))
                    .endSpec()
                    .build())
            .getStatus());
  }

  private static boolean allowed(@Nullable SubjectAccessReviewStatus status) {
    return status != null && Boolean.TRUE.equals(status.getAllowed());
  }

  private static ResourceAttributes attributes(Access access) {
    return new ResourceAttributesBuilder()
        .withVerb(access.verb())
        .withGroup(access.group())
        .withResource(access.resource())
        .withSubresource(access.subresource())
        .withNamespace(access.namespace())
        .withName(access.name())
        .build();
  }
}
