package dev.weft.sidecar.admin;

/** Where the answer to an {@link AdminRequest} goes: once, from any thread. */
@FunctionalInterface
public interface AdminReply {
  void send(int status, String contentType, String body);

  default void text(int status, String body) {
    send(status, "text/plain; charset=utf-8", body.endsWith("\n") ? body : body + "\n");
  }

  default void json(int status, String body) {
    send(status, "application/json", body + "\n");
  }
}
