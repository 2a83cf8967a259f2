package dev.weft.cli.document;

/** Which documents a command is about: one, those of a kind, or all of a namespace. */
public interface Selection {
  /** Empty: every kind. */
  String kind();

  /** Empty: every namespace. */
  String namespace();

  /** Empty: every name. */
  String name();

  /** What says the same on a command line, each part after a space. */
  String arguments();

  /** As a person names it, for messages. */
  String shown();
}
