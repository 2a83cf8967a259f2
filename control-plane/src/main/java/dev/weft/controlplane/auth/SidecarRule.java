package dev.weft.controlplane.auth;

import dev.weft.controlplane.auth.Caller.Pod;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;

/**
 * What a sidecar may ask for: it is its own pod, sees the mesh as its own namespace does, and gets
 * the inbound configuration of its own pod only. Pure.
 */
final class SidecarRule {
  private SidecarRule() {}

  /**
   * Does nothing when the request may go on.
   *
   * @throws RefusedException with what differs
   */
  static void check(Caller caller, DiscoveryRequest request) throws RefusedException {
    Pod pod = caller.pod();
    if (pod == null) {
      throw new RefusedException(
          Refusal.denied(
              caller.user()
                  + " is no sidecar: a sidecar shows a service-account token that is bound to its"
                  + " pod and meant for the audience "
                  + Caller.AUDIENCE
                  + " (--token-file, a projected volume)"));
    }
    if (request.hasNode()) {
      Node node = request.getNode();
      if (!node.getId().equals(pod.name()) || !node.getNamespace().equals(pod.namespace())) {
        throw denied(
            caller,
            "be the node \"" + node.getId() + "\" of namespace \"" + node.getNamespace() + '"',
            "start it with --node-id " + pod.name() + " --namespace " + pod.namespace());
      }
    }
    if (request.hasAppConfig() && !request.getNode().getService().isEmpty()) {
      throw denied(
          caller,
          "be given the configuration of the service \"" + request.getNode().getService() + '"',
          "start it without --service: the cluster says which services a pod is of");
    }
    for (ResourceName name : request.getSubscribeList()) {
      if (!own(pod, name)) {
        throw denied(
            caller,
            "subscribe to " + name.getKind() + " \"" + name.getName() + '"',
            "it gets what its namespace "
                + pod.namespace()
                + " sees, and INBOUND "
                + inbound(pod)
                + " only");
      }
    }
  }

  private static boolean own(Pod pod, ResourceName name) {
    return name.getKind() == ResourceKind.INBOUND
        ? name.getName().equals(inbound(pod))
        : name.getName().startsWith(pod.namespace() + '/');
  }

  private static String inbound(Pod pod) {
    return pod.namespace() + "/pods/" + pod.name();
  }

  private static RefusedException denied(Caller caller, String what, String remedy) {
    return new RefusedException(
        Refusal.denied(
            caller.shown() + " may not " + what + ": a sidecar is its own pod only; " + remedy));
  }
}
