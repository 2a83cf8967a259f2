package dev.weft.sidecar.admin;

/** Writes indented JSON; the caller nests objects and arrays properly. One thread. */
public final class JsonWriter {
  private final StringBuilder out = new StringBuilder();
  private int depth;
  private boolean empty = true;

  /** Begins an object: as the whole, or as an element of an array. */
  public JsonWriter object() {
    element();
    return open('{');
  }

  /** Begins an object as a member. */
  public JsonWriter object(String name) {
    name(name);
    return open('{');
  }

  /** Begins an array as a member. */
  public JsonWriter array(String name) {
    name(name);
    return open('[');
  }

  public JsonWriter endObject() {
    return close('}');
  }

  public JsonWriter endArray() {
    return close(']');
  }

  public JsonWriter field(String name, String value) {
    name(name);
    quoted(value);
    return this;
  }

  public JsonWriter field(String name, long value) {
    name(name);
    out.append(value);
    return this;
  }

  public JsonWriter field(String name, boolean value) {
    name(name);
    out.append(value);
    return this;
  }

  /** A string as an element of an array. */
  public JsonWriter value(String value) {
    element();
    quoted(value);
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }

  private JsonWriter open(char bracket) {
    out.append(bracket);
    depth++;
    empty = true;
    return this;
  }

  private JsonWriter close(char bracket) {
    depth--;
    if (!empty) {
      newLine();
    }
    out.append(bracket);
    empty = false;
    return this;
  }

  private void name(String name) {
    element();
    quoted(name);
    out.append(": ");
  }

  private void element() {
    if (depth == 0) {
      return;
    }
    if (!empty) {
      out.append(',');
    }
    newLine();
    empty = false;
  }

  private void newLine() {
    out.append('\n').repeat("  ", depth);
  }

  private void quoted(String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
