package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether the sidecars of pods run, in the right version, and are connected. Pure.
 *
 * @param pods those with a sidecar
 * @param image what is injected today; empty: not known
 * @param templateHash of what is injected today; empty: not known
 * @param controlPlane the control plane's image; empty: not known
 * @param connected namespace and name of the pods whose sidecars are connected
 * @param connectedKnown whether every replica was asked for those
 * @param reports of the pods that were asked
 */
public record SidecarCheck(
    List<Pod> pods,
    String image,
    String templateHash,
    String controlPlane,
    Set<String> connected,
    boolean connectedKnown,
    Map<String, SidecarReport> reports)
    implements Check {
  /** Copies the collections. */
  public SidecarCheck {
    pods = pods.stream().filter(Pods::hasSidecar).filter(Pods::lives).toList();
    connected = Set.copyOf(connected);
    reports = Map.copyOf(reports);
  }

  @Override
  public void run(Findings to) {
    if (!tag(image).equals(tag(controlPlane)) && !image.isEmpty() && !controlPlane.isEmpty()) {
      to.warning(
          CheckId.SIDECAR_VERSION,
          "configmap weft-injector",
          "injects " + image + " beside a control plane of " + controlPlane,
          "apply the manifests of one version: weft upgrade | kubectl apply -f -");
    }
    for (Pod pod : pods) {
      Container sidecar = Pods.container(pod, Pods.SIDECAR);
      if (sidecar != null) {
        look(to, pod, sidecar);
      }
    }
    if (pods.isEmpty()) {
      return;
    }
    to.okUnlessFound(CheckId.SIDECAR_READY, "every one of " + pods.size() + " sidecars is ready");
    to.okUnlessFound(CheckId.SIDECAR_VERSION, "every sidecar is what is injected today");
    if (connectedKnown) {
      to.okUnlessFound(CheckId.SIDECAR_CONNECTED, "every ready sidecar is connected");
    }
    unasked(to);
  }

  private void look(Findings to, Pod pod, Container sidecar) {
    String subject = Pods.shown(pod);
    String namespace = pod.getMetadata().getNamespace();
    String log = "weft logs " + pod.getMetadata().getName() + " -n " + namespace;
    ContainerStatus status = Pods.status(pod, Pods.SIDECAR);
    SidecarReport report = reports.get(Pods.key(pod));
    boolean ready = status != null && Boolean.TRUE.equals(status.getReady());
    if (Pods.wasOutOfMemory(status)) {
      to.warning(
          CheckId.SIDECAR_READY,
          subject,
          "its sidecar was killed for its memory limit, and started again",
          "give it more with the annotation weft.dev/proxy-memory-limit");
    }
    if (!ready) {
      String why = Pods.notRunning(status);
      String said = report == null ? "" : report.notReady();
      to.error(
          CheckId.SIDECAR_READY,
          subject,
          "its sidecar is not ready: "
              + (!why.isEmpty() ? why : said.isEmpty() ? "it does not say why" : said),
          "kubectl describe pod -n " + namespace + " " + pod.getMetadata().getName() + "; " + log);
    } else if (connectedKnown && !connected.contains(Pods.key(pod))) {
      String said = report == null ? "" : report.disconnected();
      to.error(
          CheckId.SIDECAR_CONNECTED,
          subject,
          "its sidecar is not connected to any control plane, and goes on with what it has"
              + (said.isEmpty() ? "" : ": " + said),
          "look at control-plane, certificate and ca-configmap here; its log: " + log);
    }
    String restart = "restart it at your pace: kubectl rollout restart -n " + namespace;
    if (!image.isEmpty() && !image.equals(sidecar.getImage())) {
      to.warning(
          CheckId.SIDECAR_VERSION,
          subject,
          "its sidecar is " + sidecar.getImage() + "; injected today is " + image,
          restart);
    } else if (!templateHash.isEmpty()
        && !Pods.annotation(pod, "weft.dev/template-hash").equals(templateHash)) {
      to.notice(
          CheckId.SIDECAR_VERSION,
          subject,
          "its sidecar was injected with other settings than today's",
          restart);
    }
  }

  private void unasked(Findings to) {
    for (Pod pod : pods) {
      SidecarReport report = reports.get(Pods.key(pod));
      if (report != null && !report.problem().isEmpty()) {
        to.warning(
            CheckId.SIDECARS_ASKED,
            Pods.shown(pod),
            "its sidecar could not be asked: " + report.problem(),
            "you need get and create on pods/portforward there; a sidecar of an older version does"
                + " not know the question: restart its pod");
      }
    }
    long running =
        pods.stream()
            .filter(pod -> Pods.notRunning(Pods.status(pod, Pods.SIDECAR)).isEmpty())
            .count();
    if (reports.size() < running) {
      to.notice(
          CheckId.SIDECARS_ASKED,
          "",
          reports.size() + " of " + running + " sidecars were asked themselves",
          "check one namespace at a time with --namespace");
    }
    to.okUnlessFound(CheckId.SIDECARS_ASKED, reports.size() + " sidecars were asked themselves");
  }

  private static String tag(String image) {
    return image.substring(image.lastIndexOf(':') + 1);
  }
}
