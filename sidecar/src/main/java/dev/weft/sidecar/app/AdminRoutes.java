package dev.weft.sidecar.app;

import dev.weft.sidecar.admin.AdminHandler;
import dev.weft.sidecar.admin.AdminReply;
import dev.weft.sidecar.admin.AdminRequest;
import dev.weft.sidecar.admin.ClustersPage;
import dev.weft.sidecar.admin.ConfigPage;
import dev.weft.sidecar.admin.JsonWriter;
import dev.weft.sidecar.admin.LimitsPage;
import dev.weft.sidecar.admin.ListeningPorts;
import dev.weft.sidecar.admin.LogLevels;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.cluster.ClusterReport;
import dev.weft.sidecar.discovery.DiscoveryStatus;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.registration.Registrar;

/** What the admin server answers. Control loop; what takes long gets a thread for the time. */
final class AdminRoutes implements AdminHandler {
  private static final String PAGES =
      """
      GET  /live       the process runs
      GET  /ready      whether it should get traffic, and why not
      GET  /status     in short: ready, control plane, what the application listens on
      GET  /metrics    Prometheus
      GET  /config     configuration in force, with the documents it comes from
      GET  /clusters   endpoints and their health (?format=text)
      GET  /limits     every limit: how much is used, how often it was reached (?format=json)
      GET  /log-level  PUT /log-level?level=LEVEL[&logger=NAME]
      POST /drain      takes leave politely; answers when that is done
      """;

  private final Sidecar sidecar;

  AdminRoutes(Sidecar sidecar) {
    this.sidecar = sidecar;
  }

  @Override
  public void handle(AdminRequest request, AdminReply reply) {
    boolean read = request.method().equals("GET") || request.method().equals("HEAD");
    switch (request.path()) {
      case "/" -> reply.text(200, PAGES);
      case "/live" -> reply.text(200, "live");
      case "/ready" -> ready(reply);
      case "/status" -> status(reply);
      case "/metrics" -> metrics(reply);
      case "/config" -> config(reply);
      case "/clusters" -> clusters(request, reply);
      case "/limits" -> limits(request, reply);
      case "/log-level" -> {
        if (read) {
          levels(reply);
        } else {
          setLevel(request, reply);
        }
      }
      case "/drain" -> {
        if (read) {
          reply.text(405, "expected POST");
        } else {
          drain(reply);
        }
      }
      default -> reply.text(404, "no such page; there are:\n" + PAGES);
    }
  }

  private void ready(AdminReply reply) {
    String reason = sidecar.readiness().problem();
    var json = new JsonWriter().object().field("ready", reason.isEmpty());
    if (!reason.isEmpty()) {
      json.field("reason", reason);
    }
    reply.json(reason.isEmpty() ? 200 : 503, json.endObject().toString());
  }

  /** In short, for {@code weft check}, which asks every sidecar. */
  private void status(AdminReply reply) {
    DiscoveryStatus sync = sidecar.discovery().status();
    String reason = sidecar.readiness().problem();
    InboundApp app = sidecar.app();
    var json =
        new JsonWriter()
            .object()
            .field("version", Identity.VERSION)
            .field("ready", reason.isEmpty())
            .field("reason", reason);
    json.object("control_plane")
        .field("address", sync.controlPlane())
        .field("replica", sync.replica())
        .field("connected", sync.connected())
        .field("problem", sync.problem())
        .field("revision", sync.revision())
        .field("last_rejection", sync.lastRejection())
        .endObject();
    json.object("application")
        .field("refused_connections", app == null ? 0 : app.connectFailures());
    aside(
        () -> {
          ListeningPorts.write(json);
          reply.json(200, json.endObject().endObject().toString());
        });
  }

  private void metrics(AdminReply reply) {
    sidecar.readiness().remember();
    aside(
        () ->
            reply.send(
                200, "text/plain; version=0.0.4; charset=utf-8", sidecar.telemetry().scrape()));
  }

  private void config(AdminReply reply) {
    DiscoveryStatus status = sidecar.discovery().status();
    SidecarOptions options = sidecar.options();
    var json = new JsonWriter().object();
    json.object("node")
        .field("id", options.nodeId())
        .field("namespace", options.namespace())
        .field("service", options.service())
        .endObject();
    json.object("sync")
        .field("control_plane", status.controlPlane())
        .field("replica", status.replica())
        .field("moves", status.moves())
        .field("connected", status.connected())
        .field("problem", status.problem())
        .field("from_disk", status.fromDisk())
        .field("store_id", status.storeId())
        .field("subscriptions", status.subscriptions())
        .field("resources", status.resources())
        .field("responses", status.responses())
        .field("acknowledged", status.acknowledged())
        .field("rejected", status.rejected())
        .field("last_rejection", status.lastRejection())
        .field("resources_received", status.resourcesReceived())
        .field("last_good", status.lastGood())
        .endObject();
    Registrar registrar = sidecar.registrar();
    if (registrar != null) {
      json.object("registration")
          .field("state", registrar.state().name())
          .field("problem", registrar.problem())
          .endObject();
    }
    ConfigPage.write(json, sidecar.discovery().snapshot(), sidecar.discovery().versions());
    reply.json(200, json.endObject().toString());
  }

  private void clusters(AdminRequest request, AdminReply reply) {
    var clusters = sidecar.clusters().status();
    if (request.query().getOrDefault("format", "json").equals("text")) {
      reply.text(200, ClusterReport.text(clusters));
    } else {
      reply.json(200, ClustersPage.json(clusters));
    }
  }

  private void limits(AdminRequest request, AdminReply reply) {
    sidecar.readiness().remember();
    LimitsPage page = new LimitsPage(sidecar.telemetry().bounds(), sidecar.clusters().status());
    if (request.query().getOrDefault("format", "text").equals("json")) {
      reply.json(200, page.json());
    } else {
      reply.text(200, page.text());
    }
  }

  private static void levels(AdminReply reply) {
    var json = new JsonWriter().object();
    LogLevels.all().forEach(json::field);
    reply.json(200, json.endObject().toString());
  }

  private static void setLevel(AdminRequest request, AdminReply reply) {
    String level = request.query().getOrDefault("level", request.body().trim());
    try {
      LogLevels.set(request.query().getOrDefault("logger", ""), level);
      levels(reply);
    } catch (IllegalArgumentException e) {
      reply.text(400, String.valueOf(e.getMessage()));
    }
  }

  private void drain(AdminReply reply) {
    aside(
        () -> {
          sidecar.drain();
          reply.text(200, "drained");
        });
  }

  private static void aside(Runnable task) {
    var thread = new Thread(null, task, "weft-admin", 0, false);
    thread.setDaemon(true);
    thread.start();
  }
}
