package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.controlplane.pki.Pem;
import dev.weft.controlplane.pki.PkiException;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether the API server asks us about pods and policies, and reaches us. Pure.
 *
 * @param system the control plane's namespace
 * @param trusted the authority's certificates, PEM; empty: not known
 * @param injector null: there is none
 * @param validator null: there is none
 * @param trials what became of a pod that was not really created
 */
public record WebhookCheck(
    String system,
    String trusted,
    @Nullable MutatingWebhookConfiguration injector,
    @Nullable ValidatingWebhookConfiguration validator,
    List<Trial> trials)
    implements Check {
  private static final String AGAIN =
      "apply the manifests again: weft install | kubectl apply -f -";

  /**
   * A pod that the API server was asked to create, but not really ({@code dryRun}).
   *
   * @param refusal what it said; empty: it would have created it
   * @param injected whether it would have had a sidecar
   */
  public record Trial(String namespace, String refusal, boolean injected) {}

  /** Copies the list. */
  public WebhookCheck {
    trials = List.copyOf(trials);
  }

  @Override
  public void run(Findings to) {
    if (injector == null) {
      to.error(
          CheckId.WEBHOOK,
          "mutatingwebhookconfiguration weft-injector",
          "is not there: new pods get no sidecar",
          AGAIN);
    } else {
      injector
          .getWebhooks()
          .forEach(
              webhook -> {
                asks(to, "mutatingwebhookconfiguration weft-injector", webhook.getClientConfig());
                if (!"Fail".equals(webhook.getFailurePolicy())) {
                  to.warning(
                      CheckId.WEBHOOK,
                      "mutatingwebhookconfiguration weft-injector",
                      "has failurePolicy "
                          + webhook.getFailurePolicy()
                          + ": while the control plane is away, pods start without a sidecar",
                      AGAIN);
                }
              });
    }
    if (validator == null) {
      to.warning(
          CheckId.WEBHOOK,
          "validatingwebhookconfiguration weft-validator",
          "is not there: what is wrong with a policy is said in its status only",
          AGAIN);
    } else {
      validator
          .getWebhooks()
          .forEach(
              webhook ->
                  asks(
                      to,
                      "validatingwebhookconfiguration weft-validator",
                      webhook.getClientConfig()));
    }
    to.okUnlessFound(CheckId.WEBHOOK, "the API server is told to ask about pods and policies");
    if (injector != null && validator != null && !trusted.isEmpty()) {
      to.okUnlessFound(CheckId.WEBHOOK_CA, "caBundle is the mesh's authority");
    }
    trials.forEach(trial -> tried(to, trial));
    if (trials.stream().anyMatch(Trial::injected)) {
      to.okUnlessFound(CheckId.WEBHOOK_REACHABLE, "a pod of the mesh would get its sidecar");
    }
  }

  private void asks(Findings to, String subject, WebhookClientConfig config) {
    if (config.getService() == null || !system.equals(config.getService().getNamespace())) {
      to.error(
          CheckId.WEBHOOK,
          subject,
          "does not lead to the Service weft-control-plane of namespace " + system,
          AGAIN);
      return;
    }
    if (trusted.isEmpty()) {
      return;
    }
    String remedy =
        "the control plane writes it every five seconds; what keeps it from that is in kubectl logs"
            + " -n "
            + system
            + " deployment/weft-control-plane, or control-plane-rights here";
    String bundle = config.getCaBundle();
    if (bundle == null || bundle.isEmpty()) {
      to.error(
          CheckId.WEBHOOK_CA,
          subject,
          "has no caBundle: the API server believes no answer",
          remedy);
      return;
    }
    try {
      Set<X509Certificate> believed =
          new HashSet<>(
              Pem.certificates(
                  new String(Base64.getMimeDecoder().decode(bundle), StandardCharsets.US_ASCII)));
      if (!believed.equals(new HashSet<>(Pem.certificates(trusted)))) {
        to.error(
            CheckId.WEBHOOK_CA,
            subject,
            "has a caBundle that is not the mesh's authority, of ConfigMap " + system + "/weft-ca",
            remedy);
      }
    } catch (PkiException | IllegalArgumentException e) {
      to.error(
          CheckId.WEBHOOK_CA,
          subject,
          "has a caBundle that cannot be read: " + e.getMessage(),
          remedy);
    }
  }

  private void tried(Findings to, Trial trial) {
    String subject = "namespace " + trial.namespace();
    String refusal = trial.refusal();
    if (refusal.contains("failed calling webhook") && refusal.contains("inject.weft.dev")) {
      to.error(
          CheckId.WEBHOOK_REACHABLE,
          subject,
          "the API server does not reach the injector, and refuses pods: " + refusal,
          "look at control-plane, webhook-ca and certificate here; if they are well, a network"
              + " policy or firewall keeps the API server from port 7443 of the control plane's pods");
    } else if (refusal.contains("PodSecurity")) {
      to.error(
          CheckId.POD_SECURITY,
          subject,
          "its Pod Security level refuses pods of the mesh, whose init step needs NET_ADMIN and"
              + " NET_RAW: "
              + refusal,
          "kubectl label namespace "
              + trial.namespace()
              + " --overwrite pod-security.kubernetes.io/enforce=privileged");
    } else if (!refusal.isEmpty()) {
      to.notice(
          CheckId.WEBHOOK_REACHABLE,
          subject,
          "a pod to try it with was refused by somebody else, so that injection was not tried: "
              + refusal,
          "nothing, if your own pods are let in; their refusals are events of what makes them");
    } else if (!trial.injected()) {
      to.error(
          CheckId.WEBHOOK_REACHABLE,
          subject,
          "a new pod would start without a sidecar: the injector is not asked",
          "compare namespaceSelector and objectSelector of mutatingwebhookconfiguration"
              + " weft-injector with the namespace's labels; "
              + AGAIN);
    }
  }
}
