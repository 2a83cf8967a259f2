package dev.weft.controlplane.validate;

import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.Report;
import dev.weft.controlplane.validate.yaml.YamlNode;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlReader;
import java.util.List;

/** A {@code v1} {@code List}, as {@code kubectl get -o yaml} prints: several objects. Pure. */
final class ListDocument {
  private static final String KIND = "List";
  private static final int MAX_ITEMS = 1000;
  private static final Known LIST = Known.of("apiVersion", "kind", "items").ignoring("metadata");

  private ListDocument() {}

  /** The objects of a document: its items, each with a report of its own, or else itself. */
  static List<Place> objects(YamlReader.Document document) {
    YamlNode root = document.root();
    if (root == null) {
      return List.of();
    }
    Report report = document.report();
    Place at = Place.root(report, root);
    if (!(root instanceof Mapping mapping) || !DocumentDecoder.text(mapping, "kind").equals(KIND)) {
      return List.of(at);
    }
    report.object(KIND);
    Obj list = Obj.of(at, LIST);
    Place version = list.require("apiVersion", "v1");
    if (version != null) {
      version.oneOf(List.of("v1"));
    }
    Place items = list.require("items", "the objects");
    return items == null
        ? List.of()
        : items.items(1, MAX_ITEMS).stream()
            .map(item -> item.reportedOn(report.another()))
            .toList();
  }
}
