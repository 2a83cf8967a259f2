package dev.weft.controlplane.validate;

import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;

/**
 * One object as Kubernetes is about to store it, by the rules of {@code weft apply}. Pure; free for
 * any thread.
 */
public final class Admission {
  /** The kinds that are looked at. */
  public static final List<String> KINDS =
      Kinds.all().stream().filter(kind -> !kind.equals(Kinds.SERVICE)).toList();

  private Admission() {}

  /**
   * What was found.
   *
   * @param errors what is wrong with the object by itself
   * @param warnings what it refers to and is not there, and other advice
   */
  public record Verdict(List<PolicyError> errors, List<PolicyError> warnings) {
    public Verdict {
      errors = List.copyOf(errors);
      warnings = List.copyOf(warnings);
    }
  }

  /** Judges the JSON of an object. */
  public static Verdict judge(PolicyKey key, String json, Inventory inventory) {
    List<PolicyError> errors = List.of();
    try {
      DocumentDecoder.decodeStored(Policy.newBuilder().setKey(key).setJson(json).build(), 0);
    } catch (InvalidPolicyException e) {
      errors = e.errors();
    }
    String name = key.getKind() + " " + key.getNamespace() + "/" + key.getName();
    Manifest manifest = Manifest.newBuilder().setName(name).setContent(json).build();
    PolicyBatch together = DocumentDecoder.decode(List.of(manifest), inventory);
    var warnings = new ArrayList<>(together.warnings());
    if (errors.isEmpty()) {
      // What is left is between this object and others.
      warnings.addAll(together.errors());
    }
    return new Verdict(errors, warnings);
  }
}
