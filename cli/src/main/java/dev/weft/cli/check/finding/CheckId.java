package dev.weft.cli.check.finding;

/** What is looked at. Ids are stable: they stand in scripts and in the guide of troubleshooting. */
public enum CheckId {
  API_SERVER("api-server", Group.CLUSTER),
  KUBERNETES_VERSION("kubernetes-version", Group.CLUSTER),
  NOT_PERMITTED("not-permitted", Group.CLUSTER),
  GATEWAY_API("gateway-api", Group.CLUSTER),
  TRAFFIC_POLICY("traffic-policy", Group.CLUSTER),
  INSTALL_RIGHTS("install-rights", Group.INSTALL),
  LEFTOVERS("leftovers", Group.INSTALL),
  CONTROL_PLANE("control-plane", Group.CONTROL_PLANE),
  CONTROL_PLANE_VERSION("control-plane-version", Group.CONTROL_PLANE),
  LEADER("leader", Group.CONTROL_PLANE),
  STORE("store", Group.CONTROL_PLANE),
  SOURCE("source", Group.CONTROL_PLANE),
  CONTROL_PLANE_RIGHTS("control-plane-rights", Group.CONTROL_PLANE),
  CALLER_HARMS("caller-harms", Group.CONTROL_PLANE),
  WEBHOOK("webhook", Group.ADMISSION),
  WEBHOOK_CA("webhook-ca", Group.ADMISSION),
  WEBHOOK_REACHABLE("webhook-reachable", Group.ADMISSION),
  INJECTION_CONFIG("injection-config", Group.ADMISSION),
  CERTIFICATE("certificate", Group.ADMISSION),
  AUTHORITY("authority", Group.ADMISSION),
  NAMESPACES("namespaces", Group.PODS),
  CA_CONFIGMAP("ca-configmap", Group.PODS),
  POD_SECURITY("pod-security", Group.PODS),
  OTHER_MESH("other-mesh", Group.PODS),
  POD_REFUSED("pod-refused", Group.PODS),
  POD_WITHOUT_SIDECAR("pod-without-sidecar", Group.PODS),
  SIDECAR_READY("sidecar-ready", Group.SIDECARS),
  SIDECAR_VERSION("sidecar-version", Group.SIDECARS),
  SIDECAR_CONNECTED("sidecar-connected", Group.SIDECARS),
  SIDECAR_SYNC("sidecar-sync", Group.SIDECARS),
  SIDECAR_REJECTED("sidecar-rejected", Group.SIDECARS),
  SIDECARS_ASKED("sidecars-asked", Group.SIDECARS),
  APP_LISTENS("app-listens", Group.APPLICATIONS),
  APP_LOOPBACK("app-loopback", Group.APPLICATIONS),
  APP_LATE("app-late", Group.APPLICATIONS),
  INSTANCE_READY("instance-ready", Group.APPLICATIONS),
  POLICY_STATUS("policy-status", Group.POLICIES),
  POLICY_UNSEEN("policy-unseen", Group.POLICIES),
  POLICY_INVALID("policy-invalid", Group.POLICIES),
  PLAINTEXT("plaintext", Group.TRAFFIC);

  /** Under which heading it is shown, in this order. */
  public enum Group {
    CLUSTER("The cluster"),
    INSTALL("Before the install"),
    CONTROL_PLANE("The control plane"),
    ADMISSION("Webhooks and certificates"),
    PODS("Namespaces and pods"),
    SIDECARS("Sidecars"),
    APPLICATIONS("Applications"),
    POLICIES("Routes and policies"),
    TRAFFIC("Traffic");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    /** For people. */
    public String title() {
      return title;
    }
  }

  private final String id;
  private final Group group;

  CheckId(String id, Group group) {
    this.id = id;
    this.group = group;
  }

  /** As it is printed and documented. */
  public String id() {
    return id;
  }

  /** Where it is shown. */
  public Group group() {
    return group;
  }
}
