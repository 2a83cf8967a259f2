package dev.weft.cli.check.gather;

import dev.weft.cli.check.rule.Pods;
import dev.weft.cli.check.rule.WebhookCheck.Trial;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Asks the API server to create a pod, but not really ({@code dryRun}): it asks every webhook on
 * the way, so that what stands between is found, too.
 */
final class InjectionTrial {
  private static final Map<String, Quantity> LITTLE =
      Map.of("cpu", new Quantity("10m"), "memory", new Quantity("16Mi"));

  private InjectionTrial() {}

  /** Tries it in each of these namespaces. Blocks. */
  static List<Trial> of(KubernetesClient client, List<String> namespaces, Permitted permitted) {
    var trials = new ArrayList<Trial>();
    for (String namespace : namespaces) {
      try {
        Pod made = client.resource(pod(namespace)).inNamespace(namespace).dryRun().create();
        trials.add(new Trial(namespace, "", Pods.hasSidecar(made)));
      } catch (KubernetesClientException e) {
        String message =
            String.valueOf(e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage());
        if (message.contains("cannot create resource")) {
          permitted.forbidden("create pods in namespace " + namespace + " to try it", message);
        } else if (e.getCode() == 0) {
          throw e;
        } else {
          trials.add(new Trial(namespace, message, false));
        }
      }
    }
    return trials;
  }

  /** Within the strictest level of Pod Security, so that only the injection can break it. */
  private static Pod pod(String namespace) {
    return new PodBuilder()
        .withNewMetadata()
        .withGenerateName("weft-check-")
        .withNamespace(namespace)
        .endMetadata()
        .withNewSpec()
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(65_532L)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .addNewContainer()
        .withName("app")
        .withImage("weft-check")
        .withNewResources()
        .withRequests(LITTLE)
        .withLimits(LITTLE)
        .endResources()
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .endContainer()
        .endSpec()
        .build();
  }
}
