package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.rule.CertificateCheck.Shown;
import dev.weft.cli.check.rule.WebhookCheck.Trial;
import dev.weft.testkit.TestCa;
import dev.weft.testkit.TestCa.Issued;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Webhooks that are not asked, not believed or not reached, and certificates that end. */
class AdmissionRulesTest {
  private static final String SYSTEM = "weft-system";
  private static final String NAME = "weft-control-plane.weft-system.svc";
  private static final TestCa OURS = new TestCa("ours");
  private static final TestCa OTHER = new TestCa("other");

  @Test
  void webhooks_that_are_well_are_said_in_a_few_lines() {
    Judged judged = judge(bundle(OURS), "Fail", new Trial("shop", "", true));

    assertThat(judged.complaints()).isEmpty();
    assertThat(judged.of(CheckId.WEBHOOK_REACHABLE))
        .containsExactly("OK a pod of the mesh would get its sidecar");
  }

  @Test
  void webhooks_that_are_not_there_are_named() {
    Judged judged =
        Judged.by(new WebhookCheck(SYSTEM, OURS.certificatePem(), null, null, List.of()));

    assertThat(judged.of(CheckId.WEBHOOK))
        .satisfiesExactly(
            one -> assertThat(one).startsWith("ERROR mutatingwebhookconfiguration weft-injector"),
            one -> assertThat(one).startsWith("WARNING validatingwebhookconfiguration"));
  }

  @Test
  void a_bundle_that_is_not_the_authority_is_named() {
    assertThat(judge(bundle(OTHER), "Fail").of(CheckId.WEBHOOK_CA))
        .hasSize(2)
        .allMatch(said -> said.contains("has a caBundle that is not the mesh's authority"));
    assertThat(judge("", "Fail").of(CheckId.WEBHOOK_CA))
        .hasSize(2)
        .allMatch(said -> said.contains("has no caBundle"));
    assertThat(judge("%%%", "Fail").of(CheckId.WEBHOOK_CA)).hasSize(2);
  }

  @Test
  void an_injector_that_fails_open_is_named() {
    assertThat(judge(bundle(OURS), "Ignore").of(CheckId.WEBHOOK))
        .singleElement()
        .asString()
        .startsWith("WARNING mutatingwebhookconfiguration weft-injector: has failurePolicy Ignore");
  }

  @Test
  void what_becomes_of_a_pod_tells_who_stands_in_the_way() {
    assertThat(
            judge(
                    bundle(OURS),
                    "Fail",
                    new Trial(
                        "shop",
                        "Internal error occurred: failed calling webhook \"inject.weft.dev\": no"
                            + " endpoints",
                        false))
                .of(CheckId.WEBHOOK_REACHABLE))
        .singleElement()
        .asString()
        .startsWith("ERROR namespace shop: the API server does not reach the injector");
    assertThat(
            judge(
                    bundle(OURS),
                    "Fail",
                    new Trial(
                        "shop",
                        "pods \"x\" is forbidden: violates PodSecurity \"baseline\"",
                        false))
                .of(CheckId.POD_SECURITY))
        .singleElement()
        .asString()
        .contains("whose init step needs NET_ADMIN");
    assertThat(
            judge(bundle(OURS), "Fail", new Trial("shop", "exceeded quota: pods", false))
                .of(CheckId.WEBHOOK_REACHABLE))
        .singleElement()
        .asString()
        .startsWith("NOTICE");
    assertThat(
            judge(bundle(OURS), "Fail", new Trial("shop", "", false)).of(CheckId.WEBHOOK_REACHABLE))
        .singleElement()
        .asString()
        .startsWith("ERROR namespace shop: a new pod would start without a sidecar");
  }

  @Test
  void a_certificate_of_the_authority_is_believed() {
    assertThat(certificate(OURS.issue("cp", NAME)))
        .containsExactly("OK every port shows a certificate that the authority has signed");
  }

  @Test
  void certificates_of_others_for_others_and_of_yesterday_are_named() {
    Instant now = Instant.now();
    assertThat(certificate(OTHER.issue("cp", NAME)))
        .singleElement()
        .asString()
        .startsWith("ERROR pod weft-system/cp-0, port 7443: its certificate is not believed");
    assertThat(certificate(OURS.issue("cp", "elsewhere.svc")))
        .singleElement()
        .asString()
        .contains("it is not for " + NAME);
    assertThat(
            certificate(
                OURS.issue(
                    now.minus(Duration.ofMinutes(50)),
                    now.minus(Duration.ofMinutes(5)),
                    "cp",
                    NAME)))
        .singleElement()
        .asString()
        .contains("expired at");
    assertThat(
            certificate(
                OURS.issue(
                    now.minus(Duration.ofMinutes(50)),
                    now.plus(Duration.ofMinutes(5)),
                    "cp",
                    NAME)))
        .singleElement()
        .asString()
        .startsWith("WARNING")
        .contains("should have been renewed by now");
    assertThat(
            Judged.by(
                    new CertificateCheck(
                        SYSTEM,
                        OURS.certificatePem(),
                        List.of(new Shown("cp-0", 7700, "refused", List.of())),
                        now))
                .of(CheckId.CERTIFICATE))
        .containsExactly("ERROR pod weft-system/cp-0, port 7700: shows no certificate: refused");
  }

  @Test
  void an_authority_that_ends_or_is_not_there_is_named() {
    assertThat(
            Judged.by(new CertificateCheck(SYSTEM, "", List.of(), Instant.now()))
                .of(CheckId.AUTHORITY))
        .singleElement()
        .asString()
        .contains("has no certificate of the mesh's authority");
    Instant end = OURS.certificate().getNotAfter().toInstant();
    assertThat(
            Judged.by(
                    new CertificateCheck(
                        SYSTEM, OURS.certificatePem(), List.of(), end.plusSeconds(1)))
                .of(CheckId.AUTHORITY))
        .singleElement()
        .asString()
        .startsWith("ERROR the mesh's authority expired");
    assertThat(
            Judged.by(
                    new CertificateCheck(
                        SYSTEM, OURS.certificatePem(), List.of(), end.minusSeconds(60)))
                .of(CheckId.AUTHORITY))
        .singleElement()
        .asString()
        .startsWith("WARNING");
  }

  @Test
  void a_namespace_without_the_authority_is_named() {
    Judged judged =
        Judged.by(
            new CaConfigMapCheck(
                SYSTEM, "ours", List.of("a", "b", "c"), Map.of("a", "ours", "b", "other")));

    assertThat(judged.of(CheckId.CA_CONFIGMAP))
        .containsExactly(
            "ERROR namespace b: its ConfigMap weft-ca is not the mesh's authority: sidecars believe no"
                + " control plane",
            "ERROR namespace c: has no ConfigMap weft-ca: new pods wait for it and do not start");
  }

  @Test
  void the_authority_is_needed_where_pods_have_sidecars_labelled_or_not() {
    Namespace labelled =
        new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build();
    List<Pod> pods =
        List.of(
            pod("offline", "Pending", "weft-sidecar"),
            pod("offline", "Running", "weft-sidecar"),
            pod("plain", "Running", "web"),
            pod("over", "Succeeded", "weft-sidecar"));

    assertThat(CaConfigMapCheck.needing(List.of(labelled), pods))
        .containsExactly("offline", "shop");
  }

  private static Pod pod(String namespace, String phase, String container) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName("web")
        .endMetadata()
        .withNewSpec()
        .addNewInitContainer()
        .withName(container)
        .endInitContainer()
        .endSpec()
        .withNewStatus()
        .withPhase(phase)
        .endStatus()
        .build();
  }

  private static List<String> certificate(Issued shown) {
    return Judged.by(
            new CertificateCheck(
                SYSTEM,
                OURS.certificatePem(),
                List.of(
                    new Shown("cp-0", 7443, "", List.of(shown.certificate(), OURS.certificate()))),
                Instant.now()))
        .of(CheckId.CERTIFICATE);
  }

  private static String bundle(TestCa authority) {
    return Base64.getEncoder()
        .encodeToString(authority.certificatePem().getBytes(StandardCharsets.US_ASCII));
  }

  private static Judged judge(String bundle, String failurePolicy, Trial... trials) {
    MutatingWebhookConfiguration injector =
        new MutatingWebhookConfigurationBuilder()
            .addNewWebhook()
            .withFailurePolicy(failurePolicy)
            .withNewClientConfig()
            .withCaBundle(bundle)
            .withNewService()
            .withNamespace(SYSTEM)
            .endService()
            .endClientConfig()
            .endWebhook()
            .build();
    ValidatingWebhookConfiguration validator =
        new ValidatingWebhookConfigurationBuilder()
            .addNewWebhook()
            .withNewClientConfig()
            .withCaBundle(bundle)
            .withNewService()
            .withNamespace(SYSTEM)
            .endService()
            .endClientConfig()
            .endWebhook()
            .build();
    return Judged.by(
        new WebhookCheck(SYSTEM, OURS.certificatePem(), injector, validator, List.of(trials)));
  }
}
