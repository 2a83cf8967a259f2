package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.InvalidConfigException;

/**
 * The injector as the cluster's configuration makes it.
 *
 * @param image what it injects; empty: the configuration does not say, or not rightly
 */
record InjectorToday(Injector injector, String image) {
  /**
   * Reads the document of the ConfigMap {@code weft-injector}.
   *
   * @param document empty: there is none
   */
  static InjectorToday of(String document, boolean nativeSidecars, Findings to) {
    InjectionConfig standard = InjectionConfig.standard("weft-sidecar");
    if (document.isEmpty()) {
      to.warning(
          CheckId.INJECTION_CONFIG,
          "configmap weft-injector",
          "has no " + InjectionConfigReader.KEY + ": the defaults hold",
          "apply the manifests again: weft install | kubectl apply -f -");
      return new InjectorToday(new Injector(standard, nativeSidecars), "");
    }
    try {
      InjectionConfig config =
          InjectionConfigReader.read(
              "weft-injector/" + InjectionConfigReader.KEY, document, standard);
      to.ok(CheckId.INJECTION_CONFIG, "what is injected is " + config.image());
      return new InjectorToday(new Injector(config, nativeSidecars), config.image());
    } catch (InvalidConfigException e) {
      to.error(
          CheckId.INJECTION_CONFIG,
          "configmap weft-injector",
          "is wrong, so that the last good one goes on, or the defaults: " + e.getMessage(),
          "kubectl edit configmap -n weft-system weft-injector; every field is in"
              + " deploy/k8s/base/injector.yaml");
      return new InjectorToday(new Injector(standard, nativeSidecars), "");
    }
  }

  /** Of what is injected today; empty where {@link #image} is. */
  String templateHash() {
    return image.isEmpty() ? "" : injector.templateHash();
  }
}
