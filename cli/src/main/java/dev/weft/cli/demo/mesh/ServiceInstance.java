package dev.weft.cli.demo.mesh;

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
public final class ServiceInstance {
  /** More than the sidecar takes to drain. */
  private static final long LEAVE_SECONDS = 20;

  private final Place place;
  private final Children children;
  private final String controlPlane;
  private final String service;
  private final String version;
  private final String id;
  private final AppCommand appCommand;
  private String locality = "";
  private final int appPort;
  private final int outboundPort;
  private final int inboundPort;
  private final int adminPort;
  private @Nullable Child app;
  private @Nullable Child sidecar;

  /** How the application's process is started. */
  @FunctionalInterface
  public interface AppCommand {
    /**
     * @param appPort where it is to listen
     * @param outboundPort where its sidecar listens for it
     */
    List<String> of(String id, int appPort, int outboundPort);
  }

  /** Not started yet; its ports are its own for good. */
  public ServiceInstance(
      Place place,
      Children children,
      Ports ports,
      String controlPlane,
      String service,
      String version,
      String id,
      AppCommand appCommand) {
    this.place = place;
    this.children = children;
    this.controlPlane = controlPlane;
    this.service = service;
    this.version = version;
    this.id = id;
    this.appCommand = appCommand;
    appPort = ports.next();
    outboundPort = ports.next();
    inboundPort = ports.next();
    adminPort = ports.next();
  }

  /** Where it runs, as its sidecar is told; before it is started. */
  public ServiceInstance in(String regionAndZone) {
    locality = regionAndZone;
    return this;
  }

  public void start() {
    startApp();
    startSidecar();
  }

  public void startApp() {
    app = children.start(id, appCommand.of(id, appPort, outboundPort));
  }

  public void startSidecar() {
    startSidecar(List.of());
  }

  /** Starts it with more flags. */
  public void startSidecar(List<String> more) {
    var command = new ArrayList<String>();
    command.addAll(
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
            "--locality",
            locality,
            "--state-dir",
            place.subfolder("state-" + id).toString()));
    command.addAll(more);
    sidecar = children.start(id + "-sidecar", command);
  }

  /** {@code kill -9} of the application. */
  public void killApp() {
    if (app != null) {
      app.kill();
    }
  }

  /** {@code kill -9} of the sidecar. */
  public void killSidecar() {
    if (sidecar != null) {
      sidecar.kill();
    }
  }

  /**
   * Leaves politely: first the sidecar, which sees to it that nobody calls any more, then the
   * application.
   */
  public boolean leave() {
    boolean polite = sidecar == null || sidecar.endPolitely(LEAVE_SECONDS);
    if (app != null) {
      app.endPolitely(LEAVE_SECONDS);
    }
    return polite;
  }

  public boolean appAlive() {
    return app != null && app.alive();
  }

  public boolean sidecarAlive() {
    return sidecar != null && sidecar.alive();
  }

  public long appPid() {
    return app == null ? -1 : app.pid();
  }

  /** Its sidecar's process, which must have been started. */
  public Child sidecar() {
    return Objects.requireNonNull(sidecar);
  }

  public long sidecarPid() {
    return sidecar == null ? -1 : sidecar.pid();
  }

  public String id() {
    return id;
  }

  public String service() {
    return service;
  }

  public int appPort() {
    return appPort;
  }

  public int outboundPort() {
    return outboundPort;
  }

  public int inboundPort() {
    return inboundPort;
  }

  public int adminPort() {
    return adminPort;
  }
}
