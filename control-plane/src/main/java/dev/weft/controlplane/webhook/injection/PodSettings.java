package dev.weft.controlplane.webhook.injection;

import dev.weft.controlplane.webhook.injection.InjectionConfig.Exclusions;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Resources;

/**
 * What the sidecar of one pod is told: the configuration with the pod's annotations on top.
 *
 * @param maxHeadBytes empty: the sidecar's own default
 */
record PodSettings(
    Resources resources,
    Exclusions exclusions,
    String logLevel,
    boolean accessLog,
    String maxHeadBytes,
    boolean dns) {
  static PodSettings of(InjectionConfig config) {
    return new PodSettings(
        config.resources(),
        config.exclusions(),
        config.logLevel(),
        config.accessLog(),
        "",
        config.dns());
  }
}
