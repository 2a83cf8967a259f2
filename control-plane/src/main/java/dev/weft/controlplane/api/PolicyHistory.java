package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.history.DocumentHistory;
import dev.weft.controlplane.registry.history.PastState;
import dev.weft.controlplane.registry.history.Version;
import dev.weft.proto.policy.v1.Deletion;
import dev.weft.proto.policy.v1.GetRevisionResponse;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.HistoryResponse;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyChange;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.UnknownPolicy;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What the API answers of a history. Pure. */
final class PolicyHistory {
  private PolicyHistory() {}

  /** The changes, the newest first. */
  static HistoryResponse changes(DocumentHistory history, HistoryRequest request) {
    List<PolicyChange> all = new ArrayList<>();
    for (Version version : history.versions()) {
      all.add(begun(version));
      if (version.deletion() != null) {
        all.add(deleted(version, version.deletion()));
      }
    }
    all.removeIf(change -> change.getAtMillis() < request.getSinceMillis());
    all.sort(Comparator.comparingLong(PolicyChange::getRevision).reversed());
    int limit = request.getLimit() == 0 ? all.size() : Math.min(request.getLimit(), all.size());
    return HistoryResponse.newBuilder()
        .setRevision(history.revision())
        .addAllChanges(all.subList(0, limit))
        .setTruncated(limit < all.size())
        .build();
  }

  /** The documents as they were. */
  static GetRevisionResponse at(DocumentHistory history, long revision) {
    if (revision > history.revision()) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "revision " + revision + " is not reached yet: the store is at " + history.revision())
          .asRuntimeException();
    }
    var response = GetRevisionResponse.newBuilder().setForgottenRevision(history.forgotten());
    for (PolicyKey key : history.keys()) {
      switch (history.at(key, revision)) {
        case PastState.Present(Version version) -> response.addPolicies(version.policy());
        case PastState.Absent _ -> {}
        case PastState.Unknown(String why) ->
            response.addUnknown(UnknownPolicy.newBuilder().setKey(key).setWhy(why));
      }
    }
    return response.build();
  }

  private static PolicyChange begun(Version version) {
    Policy policy = version.policy();
    return change(policy)
        .setAction(version.first() ? PolicyChange.Action.CREATED : PolicyChange.Action.CHANGED)
        .setRevision(version.since())
        .setAtMillis(policy.getChangedAtMillis())
        .setBy(policy.getChangedBy())
        .setReason(policy.getReason())
        .setVersion(policy.getVersion())
        .setCurrent(version.current())
        .build();
  }

  private static PolicyChange deleted(Version version, Deletion deletion) {
    return change(version.policy())
        .setAction(PolicyChange.Action.DELETED)
        .setRevision(version.until())
        .setAtMillis(version.endedAtMillis())
        .setBy(deletion.getBy())
        .setReason(deletion.getReason())
        .build();
  }

  private static PolicyChange.Builder change(Policy policy) {
    return PolicyChange.newBuilder().setKey(policy.getKey()).setSource(policy.getSource());
  }
}
