package dev.weft.controlplane.registry.history;

/** What a document was at a revision. Immutable. */
public sealed interface PastState {
  /** It was this. */
  record Present(Version version) implements PastState {}

  /** It did not exist. */
  record Absent() implements PastState {}

  /**
   * That is not known any more.
   *
   * @param why a clause for a person, e.g. {@code its history begins at revision 812}
   */
  record Unknown(String why) implements PastState {}
}
