package dev.weft.cli.demo;

import dev.weft.cli.demo.app.DemoApp;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.Ports;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service: the process of the application, and that of its sidecar. Used by the
 * main thread only.
 */
final class ServiceInstance {
  /** More than the sidecar takes to drain. */
  private static final long LEAVE_SECONDS = 20;

  private final Place place;
  private final Children children;
  private final String controlPlane;
  private final String service;
  private final String version;
  private final String id;
  private final int appPort;
  private final int outboundPort;
  private final int inboundPort;
  private final int adminPort;
  private @Nullable Child app;
  private @Nullable Child sidecar;

  ServiceInstance(
      Place place,
      Children children,
      Ports ports,
      String controlPlane,
      String service,
      String version,
      String id) {
    this.place = place;
    this.children = children;
    this.controlPlane = controlPlane;
    this.service = service;
    this.version = version;
    this.id = id;
    appPort = ports.next();
    outboundPort = ports.next();
    inboundPort = ports.next();
    adminPort = ports.next();
  }

  void start() {
    startApp();
    startSidecar();
  }

  void startApp() {
    List<String> command = new ArrayList<>(place.appJvm());
    command.addAll(
        List.of(
            DemoApp.class.getName(),
            service,
            version,
            id,
            String.valueOf(appPort),
            String.valueOf(outboundPort)));
    app = children.start(id, command);
  }

  void startSidecar() {
    sidecar =
        children.start(
            id + "-sidecar",
            List.of(
                place.sidecar(),
                "--node-id",
                id,
                "--namespace",
                "default",
                "--service",
                service,
                "--label",
                "app=" + service,
                "--label",
                "version=" + version,
                "--control-plane",
                controlPlane,
                "--bind",
                "127.0.0.1",
                "--outbound-port",
                String.valueOf(outboundPort),
                "--inbound-port",
                String.valueOf(inboundPort),
                "--admin-port",
                String.valueOf(adminPort),
                "--app-port",
                String.valueOf(appPort),
                "--app-health-path",
                "/health",
                "--service-port",
                "80",
                "--state-dir",
                place.subfolder("state-" + id).toString()));
  }

  /** {@code kill -9} of the application. */
  void killApp() {
    if (app != null) {
      app.kill();
    }
  }

  /** {@code kill -9} of the sidecar. */
  void killSidecar() {
    if (sidecar != null) {
      sidecar.kill();
    }
  }

  /**
   * Leaves politely: first the sidecar, which sees to it that nobody calls any more, then the
   * application.
   */
  boolean leave() {
    boolean polite = sidecar == null || sidecar.endPolitely(LEAVE_SECONDS);
    if (app != null) {
      app.endPolitely(LEAVE_SECONDS);
    }
    return polite;
  }

  boolean appAlive() {
    return app != null && app.alive();
  }

  boolean sidecarAlive() {
    return sidecar != null && sidecar.alive();
  }

  long appPid() {
    return app == null ? -1 : app.pid();
  }

  /** Its sidecar's process, which must have been started. */
  Child sidecar() {
    return Objects.requireNonNull(sidecar);
  }

  long sidecarPid() {
    return sidecar == null ? -1 : sidecar.pid();
  }

  String id() {
    return id;
  }

  String service() {
    return service;
  }

  int appPort() {
    return appPort;
  }

  int outboundPort() {
    return outboundPort;
  }

  int inboundPort() {
    return inboundPort;
  }

  int adminPort() {
    return adminPort;
  }
}
