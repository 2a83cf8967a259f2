package dev.weft.controlplane.validate;

import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlReader;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Which objects manifests are about, whatever else is wrong with them: for who has to decide
 * whether somebody may write them at all. Whatever {@link DocumentDecoder} would take is among
 * them. Pure.
 */
public final class DocumentKeys {
  private DocumentKeys() {}

  /** One for each document that has a kind, in their order. */
  public static List<PolicyKey> of(List<Manifest> manifests) {
    var keys = new ArrayList<PolicyKey>();
    for (Manifest manifest : manifests) {
      for (var document : YamlReader.read(manifest.getName(), manifest.getContent())) {
        for (Place object : ListDocument.objects(document)) {
          if (object.node() instanceof Mapping mapping) {
            add(mapping, keys);
          }
        }
      }
    }
    return keys;
  }

  private static void add(Mapping object, List<PolicyKey> to) {
    String kind = DocumentDecoder.text(object, "kind");
    if (kind.isEmpty()) {
      return;
    }
    PolicyKey.Builder key = PolicyKey.newBuilder().setKind(kind).setNamespace("default");
    Entry metadata = object.entries().get("metadata");
    if (metadata != null && metadata.value() instanceof Mapping mapping) {
      String namespace = DocumentDecoder.text(mapping, "namespace");
      key.setNamespace(namespace.isEmpty() ? "default" : namespace)
          .setName(DocumentDecoder.text(mapping, "name"));
    }
    to.add(key.build());
  }
}
