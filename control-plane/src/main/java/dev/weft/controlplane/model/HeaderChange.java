package dev.weft.controlplane.model;

import java.util.List;

/** What a route changes in the headers of a request or response. Names are lower case. */
public record HeaderChange(List<Header> set, List<Header> add, List<String> remove) {
  public static final HeaderChange NONE = new HeaderChange(List.of(), List.of(), List.of());

  public HeaderChange {
    set = List.copyOf(set);
    add = List.copyOf(add);
    remove = List.copyOf(remove);
  }

  public boolean isEmpty() {
    return set.isEmpty() && add.isEmpty() && remove.isEmpty();
  }

  /** A header line. */
  public record Header(String name, String value) {}
}
