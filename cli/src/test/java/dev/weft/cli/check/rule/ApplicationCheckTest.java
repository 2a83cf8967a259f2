package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.rule.SidecarReport.Listening;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An application that listens late, never or on loopback only is named. */
class ApplicationCheckTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Pod POD = PodsOf.meshed("web-0");
  private static final Service SERVICE =
      Judged.object(
          Service.class,
          """
          apiVersion: v1
          kind: Service
          metadata: {name: web, namespace: shop}
          spec:
            selector: {app: web}
            ports: [{name: http, port: 80, targetPort: http}, {name: dns, port: 53, protocol: UDP}]
          """);

  @Test
  void who_listens_on_every_address_or_on_the_pods_is_well() {
    for (String address : List.of("0.0.0.0", "0:0:0:0:0:0:0:0", "10.244.0.7")) {
      Judged judged = judge(POD, 600, 0, new Listening(address, 8080));

      assertThat(judged.complaints()).as(address).isEmpty();
      assertThat(judged.of(CheckId.APP_LISTENS))
          .containsExactly("OK something listens on each of 1 ports");
    }
  }

  @Test
  void loopback_only_is_named() {
    for (String address : List.of("127.0.0.1", "0:0:0:0:0:0:0:1")) {
      assertThat(judge(POD, 600, 0, new Listening(address, 8080)).of(CheckId.APP_LOOPBACK))
          .containsExactly(
              "ERROR pod shop/web-0: Service web leads to port 8080, where its application listens on"
                  + " loopback only ("
                  + address
                  + "): nobody outside of the pod reaches it, as without a mesh");
    }
    assertThat(
            judge(POD, 600, 0, new Listening("127.0.0.1", 8080), new Listening("0.0.0.0", 8080))
                .complaints())
        .isEmpty();
  }

  @Test
  void who_never_listens_is_an_error_while_it_gets_traffic() {
    assertThat(judge(POD, 600, 0, new Listening("0.0.0.0", 9090)).of(CheckId.APP_LISTENS))
        .containsExactly(
            "ERROR pod shop/web-0: Service web leads to port 8080, where nothing listens, 600 s after"
                + " it started, and gets traffic");

    Pod unready = PodsOf.meshed("web-0");
    unready.getStatus().getConditions().getFirst().setStatus("False");
    assertThat(judge(unready, 600, 0).of(CheckId.APP_LISTENS))
        .singleElement()
        .asString()
        .startsWith("WARNING");
  }

  @Test
  void who_has_just_started_may_listen_late() {
    assertThat(judge(POD, 5, 0).of(CheckId.APP_LISTENS))
        .containsExactly(
            "WARNING pod shop/web-0: Service web leads to port 8080, where nothing listens yet, 5 s"
                + " after it started");
  }

  @Test
  void who_does_not_even_run_is_named_with_the_reason() {
    Pod crashed =
        new PodBuilder(POD)
            .editStatus()
            .editFirstContainerStatus()
            .withNewState()
            .withNewWaiting()
            .withReason("CrashLoopBackOff")
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build();

    assertThat(judge(crashed, 600, 0).of(CheckId.APP_LISTENS))
        .containsExactly(
            "ERROR pod shop/web-0: Service web leads to port 8080, where nothing listens: container web"
                + " does not run: CrashLoopBackOff");
  }

  @Test
  void who_has_listened_late_is_named_afterwards() {
    assertThat(judge(POD, 600, 3, new Listening("0.0.0.0", 8080)).of(CheckId.APP_LATE))
        .containsExactly(
            "WARNING pod shop/web-0: its application listens now, but has refused, or not taken in"
                + " time, 3 connections since the sidecar started: it listened late, or was away");

    Pod probed =
        new PodBuilder(POD)
            .editSpec()
            .editFirstContainer()
            .withNewReadinessProbe()
            .endReadinessProbe()
            .endContainer()
            .endSpec()
            .build();
    assertThat(judge(probed, 600, 3, new Listening("0.0.0.0", 8080)).of(CheckId.APP_LATE))
        .singleElement()
        .asString()
        .startsWith("NOTICE");
  }

  @Test
  void who_was_not_asked_is_not_judged() {
    assertThat(
            Judged.by(new ApplicationCheck(List.of(POD), List.of(SERVICE), Map.of(), NOON)).all())
        .isEmpty();
  }

  private static Judged judge(Pod pod, long seconds, long refused, Listening... listening) {
    var report = new SidecarReport("", "", "", refused, true, List.of(listening));
    return Judged.by(
        new ApplicationCheck(
            List.of(pod),
            List.of(SERVICE),
            Map.of("shop/web-0", report),
            NOON.plusSeconds(seconds)));
  }
}
