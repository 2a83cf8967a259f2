package dev.weft.sidecar.admin;

/** Answers requests to the admin server; called on the control loop, must not block it. */
@FunctionalInterface
public interface AdminHandler {
  void handle(AdminRequest request, AdminReply reply);
}
