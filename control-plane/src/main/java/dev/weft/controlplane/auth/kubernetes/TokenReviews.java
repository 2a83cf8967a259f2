package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.auth.Caller;
import dev.weft.controlplane.auth.ReviewUnavailableException;
import dev.weft.controlplane.auth.TokenReviewer;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks the API server whose a token is: {@code authentication.k8s.io/v1} {@code TokenReview}. */
final class TokenReviews implements TokenReviewer {
  private static final String REMEDY =
      "bind its service account to the ClusterRole system:auth-delegator";
  private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
  private static final String POD_UID = "authentication.kubernetes.io/pod-uid";
  private static final String ACCOUNT = "system:serviceaccount:";

  private final KubernetesClient client;

  TokenReviews(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Verdict review(String token, boolean mesh) throws ReviewUnavailableException {
    TokenReview answer;
    try {
      answer =
          client
              .tokenReviews()
              .create(
                  new TokenReviewBuilder()
                      .withNewSpec()
                      .withToken(token)
                      .withAudiences(mesh ? List.of(Caller.AUDIENCE) : List.of())
                      .endSpec()
                      .build());
    } catch (KubernetesClientException e) {
      throw Failures.unavailable(e, "create tokenreviews", REMEDY);
    }
    TokenReviewStatus status = answer.getStatus();
    if (status == null) {
      throw new ReviewUnavailableException("the API server answered without a status", null);
    }
    if (!Boolean.TRUE.equals(status.getAuthenticated()) || status.getUser() == null) {
      String error = status.getError();
      return Verdict.refused(error == null || error.isEmpty() ? "it is not valid" : error);
    }
    // An authenticator that knows nothing of audiences answers with none.
    if (mesh && !status.getAudiences().contains(Caller.AUDIENCE)) {
      return Verdict.refused("it is not meant for the audience " + Caller.AUDIENCE);
    }
    return Verdict.of(caller(status.getUser(), mesh));
  }

  private static Caller caller(UserInfo user, boolean mesh) {
    Map<String, List<String>> extra = new HashMap<>();
    if (user.getExtra() != null) {
      extra.putAll(user.getExtra());
    }
    return new Caller(
        user.getUsername(),
        user.getUid() == null ? "" : user.getUid(),
        user.getGroups() == null ? List.of() : user.getGroups(),
        extra,
        mesh ? pod(user.getUsername(), extra) : null);
  }

  private static Caller.@Nullable Pod pod(String user, Map<String, List<String>> extra) {
    List<String> names = extra.getOrDefault(POD_NAME, List.of());
    List<String> uids = extra.getOrDefault(POD_UID, List.of());
    int end = user.indexOf(':', ACCOUNT.length());
    if (names.size() != 1 || !user.startsWith(ACCOUNT) || end < 0) {
      return null;
    }
    return new Caller.Pod(
        user.substring(ACCOUNT.length(), end),
        names.getFirst(),
        uids.isEmpty() ? "" : uids.getFirst());
  }
}
