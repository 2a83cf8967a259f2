package dev.weft.cli.check.rule;

import io.fabric8.kubernetes.api.model.Pod;

/** Pods for the tests of rules. */
final class PodsOf {
  static final String IMAGE = "weft-sidecar:2";

  private PodsOf() {}

  /** A pod of an application, without a sidecar. */
  static Pod plain(String name) {
    return Judged.object(
        Pod.class,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: shop, labels: {app: web}, creationTimestamp: "2026-03-01T10:00:00Z"}
        spec: {containers: [{name: web, image: "web:1"}]}
        status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
        """
            .formatted(name));
  }

  /** A pod with a sidecar that is ready, and an application that was started at noon. */
  static Pod meshed(String name) {
    return Judged.object(
        Pod.class,
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          namespace: shop
          labels: {app: web}
          annotations: {weft.dev/status: injected, weft.dev/template-hash: abc}
        spec:
          initContainers:
          - {name: weft-sidecar, image: "%2$s", restartPolicy: Always}
          - {name: weft-init, image: "%2$s"}
          containers:
          - {name: web, image: "web:1", ports: [{name: http, containerPort: 8080}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: "True"}]
          initContainerStatuses:
          - {name: weft-sidecar, ready: true, state: {running: {startedAt: "2026-03-01T11:59:50Z"}}}
          containerStatuses:
          - {name: web, ready: true, state: {running: {startedAt: "2026-03-01T12:00:00Z"}}}
        """
            .formatted(name, IMAGE));
  }
}
