package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.rule.SidecarReport.Listening;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether applications listen where their Services lead. Pure.
 *
 * @param pods those with a sidecar
 * @param services of their namespaces
 * @param reports of the pods that were asked
 */
public record ApplicationCheck(
    List<Pod> pods, List<Service> services, Map<String, SidecarReport> reports, Instant now)
    implements Check {
  /** An application that does not listen after so long is not just starting. */
  private static final Duration STARTS = Duration.ofMinutes(1);

  /** Copies the collections. */
  public ApplicationCheck {
    pods = List.copyOf(pods);
    services = List.copyOf(services);
    reports = Map.copyOf(reports);
  }

  @Override
  public void run(Findings to) {
    int looked = 0;
    for (Pod pod : pods) {
      SidecarReport report = reports.get(Pods.key(pod));
      if (report == null || !report.listeningKnown()) {
        continue;
      }
      Map<Integer, String> ports = ports(pod);
      looked += ports.size();
      boolean well = true;
      for (var port : ports.entrySet()) {
        well &= listens(to, pod, report, port.getKey(), port.getValue());
      }
      if (well && report.refused() > 0 && !ports.isEmpty()) {
        late(to, pod, report);
      }
    }
    if (looked > 0) {
      to.okUnlessFound(CheckId.APP_LISTENS, "something listens on each of " + looked + " ports");
      to.okUnlessFound(CheckId.APP_LOOPBACK, "none of them on loopback only");
      to.okUnlessFound(CheckId.APP_LATE, "no connection to an application was refused");
    }
  }

  private boolean listens(Findings to, Pod pod, SidecarReport report, int port, String service) {
    List<Listening> there =
        report.listening().stream().filter(listening -> listening.port() == port).toList();
    String leads = "Service " + service + " leads to port " + port;
    if (there.isEmpty()) {
      silent(to, pod, leads);
      return false;
    }
    if (there.stream().allMatch(Listening::loopback)) {
      to.error(
          CheckId.APP_LOOPBACK,
          Pods.shown(pod),
          leads
              + ", where its application listens on loopback only ("
              + there.getFirst().address()
              + "): nobody outside of the pod reaches it, as without a mesh",
          "have the application listen on all addresses (0.0.0.0 or ::)");
      return false;
    }
    return true;
  }

  private void silent(Findings to, Pod pod, String leads) {
    String waiting = "";
    Instant started = Instant.EPOCH;
    for (Container container : pod.getSpec().getContainers()) {
      ContainerStatus status = Pods.status(pod, container.getName());
      String why = Pods.notRunning(status);
      if (container.getName().equals(Pods.SIDECAR)) {
        continue;
      }
      if (!why.isEmpty()) {
        waiting = "container " + container.getName() + " does not run: " + why;
      } else if (status != null && status.getState().getRunning().getStartedAt() != null) {
        Instant its = Instant.parse(status.getState().getRunning().getStartedAt());
        started = its.isAfter(started) ? its : started;
      }
    }
    String subject = Pods.shown(pod);
    String message = leads + ", where nothing listens";
    if (!waiting.isEmpty()) {
      to.error(
          CheckId.APP_LISTENS,
          subject,
          message + ": " + waiting,
          "kubectl logs --previous -n "
              + pod.getMetadata().getNamespace()
              + " "
              + pod.getMetadata().getName());
      return;
    }
    long seconds = Duration.between(started, now).toSeconds();
    boolean starts = seconds < STARTS.toSeconds();
    String since = message + (starts ? " yet" : "") + ", " + seconds + " s after it started";
    String remedy =
        starts
            ? "run the check again; a readinessProbe keeps traffic away until it listens"
            : "compare targetPort of the Service with what the application listens on; give it a"
                + " readinessProbe, so that it gets no traffic meanwhile";
    if (starts || !Pods.ready(pod)) {
      to.warning(CheckId.APP_LISTENS, subject, since, remedy);
    } else {
      to.error(CheckId.APP_LISTENS, subject, since + ", and gets traffic", remedy);
    }
  }

  private static void late(Findings to, Pod pod, SidecarReport report) {
    boolean probed =
        pod.getSpec().getContainers().stream()
            .filter(container -> !container.getName().equals(Pods.SIDECAR))
            .anyMatch(container -> container.getReadinessProbe() != null);
    String message =
        "its application listens now, but has refused, or not taken in time, "
            + report.refused()
            + " connections since the sidecar started: it listened late, or was away";
    if (probed) {
      to.notice(CheckId.APP_LATE, Pods.shown(pod), message, "nothing, if it was restarted");
    } else {
      to.warning(
          CheckId.APP_LATE,
          Pods.shown(pod),
          message,
          "give it a readinessProbe: without one it gets traffic as soon as it is started");
    }
  }

  /** Where Services lead in that pod, with one of them for each. */
  private Map<Integer, String> ports(Pod pod) {
    var ports = new TreeMap<Integer, String>();
    Map<String, String> labels = Pods.texts(pod.getMetadata().getLabels());
    for (Service service : services) {
      Map<String, String> selector = Pods.texts(service.getSpec().getSelector());
      if (!selector.isEmpty()
          && service.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
          && labels.entrySet().containsAll(selector.entrySet())) {
        for (ServicePort port : service.getSpec().getPorts()) {
          int target = target(pod, port);
          if (target > 0 && !"UDP".equals(port.getProtocol())) {
            ports.putIfAbsent(target, service.getMetadata().getName());
          }
        }
      }
    }
    return ports;
  }

  /** The port in the pod; 0: it has none of that name. */
  private static int target(Pod pod, ServicePort port) {
    IntOrString target = port.getTargetPort();
    if (target == null) {
      return port.getPort();
    }
    if (target.getIntVal() != null) {
      return target.getIntVal() == 0 ? port.getPort() : target.getIntVal();
    }
    for (Container container : pod.getSpec().getContainers()) {
      for (ContainerPort each : container.getPorts()) {
        if (named(each, target.getStrVal())) {
          return each.getContainerPort();
        }
      }
    }
    return 0;
  }

  private static boolean named(ContainerPort port, @Nullable String name) {
    return name != null && name.equals(port.getName());
  }
}
