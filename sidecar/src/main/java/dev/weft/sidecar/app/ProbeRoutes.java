package dev.weft.sidecar.app;

import dev.weft.sidecar.admin.AdminHandler;
import dev.weft.sidecar.admin.AdminReply;
import dev.weft.sidecar.admin.AdminRequest;
import dev.weft.sidecar.app.options.InterceptOptions;
import dev.weft.sidecar.probe.AppProbes;
import io.netty.channel.Channel;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the probe port answers, which anybody may ask: health, metrics and the application's own
 * probes, nothing else of the admin pages. Control loop.
 */
final class ProbeRoutes implements AdminHandler {
  private static final String APP = "/app/";
  private static final String PAGES = "/live, /ready, /metrics and /app/NAME of --app-probes";

  private final AdminRoutes admin;
  private final @Nullable AppProbes probes;

  private ProbeRoutes(AdminRoutes admin, @Nullable AppProbes probes) {
    this.admin = admin;
    this.probes = probes;
  }

  /**
   * The pages of a sidecar.
   *
   * @param channel of the control loop's kind
   */
  static ProbeRoutes of(Sidecar sidecar, Class<? extends Channel> channel, LongSupplier nanoClock) {
    InterceptOptions told = sidecar.options().intercept();
    return new ProbeRoutes(
        new AdminRoutes(sidecar),
        told.appProbes().isEmpty()
            ? null
            : new AppProbes(
                told.appProbes(),
                told.podAddress(),
                sidecar.control(),
                channel,
                nanoClock,
                sidecar.telemetry()::reached));
  }

  @Override
  public void handle(AdminRequest request, AdminReply reply) {
    String path = request.path();
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      reply.text(405, "expected GET");
    } else if (path.equals("/live") || path.equals("/ready") || path.equals("/metrics")) {
      admin.handle(request, reply);
    } else if (probes != null && path.startsWith(APP)) {
      probes.run(path.substring(APP.length()), reply::text);
    } else {
      reply.text(404, "no such page; there are " + PAGES);
    }
  }
}
