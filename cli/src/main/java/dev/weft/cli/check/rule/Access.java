package dev.weft.cli.check.rule;

/**
 * One thing that somebody may do in a cluster, or not.
 *
 * @param resource its plural
 * @param subresource empty: none
 * @param namespace empty: all, or of no namespace
 * @param name empty: any
 */
public record Access(
    String verb, String group, String resource, String subresource, String namespace, String name) {
  /** For people, in kubectl's words. */
  @Override
  public String toString() {
    return verb
        + " "
        + resource
        + (group.isEmpty() ? "" : "." + group)
        + (subresource.isEmpty() ? "" : "/" + subresource)
        + (name.isEmpty() ? "" : " " + name)
        + (namespace.isEmpty() ? "" : " in " + namespace);
  }
}
