package dev.weft.sidecar.app;

import dev.weft.sidecar.app.memory.Descriptors;
import dev.weft.sidecar.app.memory.MemoryPlan;
import dev.weft.sidecar.app.options.InterceptOptions;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.appconfig.AppValues;
import dev.weft.sidecar.appconfig.ConfigFiles;
import dev.weft.sidecar.check.HealthChecker;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.discovery.ControlPlaneLink;
import dev.weft.sidecar.discovery.DiscoveryClient;
import dev.weft.sidecar.discovery.DiscoverySettings;
import dev.weft.sidecar.http.Overload;
import dev.weft.sidecar.listener.ConnectionLimit;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.proxy.Passthrough;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.registration.AppProbe;
import dev.weft.sidecar.registration.Registrar;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.upstream.UpstreamLimits;
import io.grpc.Channel;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One sidecar, wired: workers that proxy, the control loop beside them, and their leave. Made,
 * drained and closed by threads that may block.
 */
public final class Sidecar implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(Sidecar.class);
  private static final LongSupplier NANO_CLOCK = System::nanoTime;

  private final SidecarOptions options;
  private final Transport transport = Transport.best();
  private final EventLoopGroup controlGroup = transport.newGroup("weft-control", 1);
  private final EventLoop control = controlGroup.next();
  private final EventLoopGroup workerGroup;
  private final List<Worker> workers = new ArrayList<>();
  private final Telemetry telemetry;
  private final ClusterSet clusters;
  private final HealthChecker checker;
  private final DiscoveryClient discovery;
  private final MemoryPlan memory;
  private final SidecarTls tls;
  private final ConnectionLimit connections;
  private final Overload overload;
  private volatile @Nullable Registrar registrar;
  private final @Nullable AppProbe probe;
  private final @Nullable AppValues appValues;
  private final @Nullable ConfigFiles configFiles;
  private final @Nullable InboundApp app;
  private final Passthrough passthrough;
  private final ConfigInForce config = new ConfigInForce(this);
  private final Listeners listeners;
  private final TrafficReadiness readiness = new TrafficReadiness(this);
  private final Drain drain = new Drain(this);
  private final AtomicBoolean closed = new AtomicBoolean();

  private Sidecar(SidecarOptions options) throws IOException {
    this.options = options;
    tls = SidecarTls.open(options.tls(), true, NANO_CLOCK);
    var random = new SplittableRandom();
    memory =
        MemoryPlan.of(
            Runtime.getRuntime().maxMemory(),
            PlatformDependent.maxDirectMemory(),
            Descriptors.limit());
    connections =
        new ConnectionLimit(
            options.limits().maxConnections() == 0
                ? memory.maxConnections()
                : options.limits().maxConnections());
    overload = new Overload(options.limits().maxRequests());
    telemetry =
        new Telemetry(
            options.accessLog().equals("off") ? null : AccessLog.open(options.accessLog()));
    workerGroup = transport.newGroup("weft-worker", options.workers());
    clusters = new ClusterSet(options.workers(), NANO_CLOCK, random.split());
    clusters.home(Identity.home(options));
    checker =
        new HealthChecker(
            clusters,
            control,
            transport.clientChannel(),
            NANO_CLOCK,
            random.split(),
            telemetry::reached);
    checker.secure(tls.clients());
    boolean serves = options.appPort() != 0;
    InterceptOptions intercept = options.intercept();
    passthrough = new Passthrough(options.workers(), NANO_CLOCK, random.split());
    if (intercept.on()) {
      clusters.ownAddress(InetAddress.ofLiteral(intercept.podAddress()));
    }
    app =
        serves || intercept.on()
            ? new InboundApp(
                options.appAddress(),
                options.appPort(),
                options.workers(),
                config::inbound,
                NANO_CLOCK,
                random.split())
            : null;
    probe =
        serves && intercept.register()
            ? new AppProbe(
                new InetSocketAddress(options.appAddress(), options.appPort()),
                options.appHealthPath(),
                control,
                transport.clientChannel(),
                NANO_CLOCK,
                readiness::onApp,
                telemetry::reached)
            : null;
    appValues = options.appConfig().on() ? new AppValues(options.nodeId(), options.labels()) : null;
    Path configFolder = options.appConfig().folder();
    configFiles =
        appValues == null || configFolder == null
            ? null
            : ConfigFiles.follow(configFolder, appValues, control);
    discovery =
        new DiscoveryClient(
            new DiscoverySettings(
                options.controlPlanes(),
                options.namespace(),
                options.inboundName(),
                () -> Identity.node(options),
                options.subscriptions(),
                options.stateDirectory(),
                options.maxHosts(),
                DiscoverySettings.DEFAULT_IDLE_NANOS,
                tls.controlPlane(),
                options.appConfig().on()),
            control,
            transport.clientChannel(),
            config,
            new Linked(),
            NANO_CLOCK,
            random.split(),
            telemetry::reached);
    var epochMicros = (LongSupplier) () -> System.currentTimeMillis() * 1000;
    Http2Limits http2 = Http2Limits.of(memory.directBytes()).withMaxHead(options.http().maxHead());
    ConnectionLimits http1 = ConnectionLimits.DEFAULT.withMaxHead(options.http().maxHead());
    for (int i = 0; i < options.workers(); i++) {
      workers.add(
          new Worker(
              i,
              workerGroup.next(),
              transport.clientChannel(),
              PooledByteBufAllocator.DEFAULT,
              telemetry.newWorker(),
              NANO_CLOCK,
              epochMicros,
              http1.withPaths(options.http().paths()),
              UpstreamLimits.of(http1, http2),
              random.nextLong(),
              overload));
      workers.getLast().rules(options.http().rules());
      workers
          .getLast()
          .maxConnectionAge(TimeUnit.SECONDS.toNanos(options.limits().maxConnectionAgeSeconds()));
    }
    listeners = new Listeners(this, transport, http2);
  }

  /**
   * Starts a sidecar; it serves when this returns.
   *
   * @throws IOException one line: what could not be bound or opened, and why
   */
  public static Sidecar start(SidecarOptions options) throws IOException {
    var sidecar = new Sidecar(options);
    try {
      sidecar.begin();
      return sidecar;
    } catch (IOException | RuntimeException e) {
      sidecar.close();
      throw e;
    }
  }

  public int outboundPort() {
    return listeners.outboundPort();
  }

  /** Of every {@code --tcp-listen}, in their order. */
  public List<Integer> tcpPorts() {
    TcpListeners ports = listeners.tcp();
    return ports == null ? List.of() : ports.ports();
  }

  /** 0 when there is no application. */
  public int inboundPort() {
    return listeners.inboundPort();
  }

  public int adminPort() {
    return listeners.adminPort();
  }

  /** Where our application gets its configuration; 0: it does not. */
  public int configPort() {
    return listeners.configPort();
  }

  /** Takes leave and waits until that is done; a second call waits for the first. */
  public void drain() {
    drain.run();
  }

  /** Stops at once; a second call does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    listeners.close();
    try {
      control
          .submit(
              () -> {
                discovery.close();
                checker.close();
                if (probe != null) {
                  probe.close();
                }
                if (configFiles != null) {
                  configFiles.close();
                }
              })
          .get(2, TimeUnit.SECONDS);
      discovery.join(2000);
      if (configFiles != null) {
        configFiles.join(2000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(System.Logger.Level.WARNING, "the control loop did not end cleanly: " + e);
    }
    // Properly, so that what TLS holds of native memory is given back.
    for (Worker worker : workers) {
      for (Direction direction : Direction.values()) {
        worker.closeIdle(direction);
        worker.closeAll(direction);
      }
    }
    workerGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
    controlGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
    tls.close();
    telemetry.close();
  }

  private void begin() throws IOException {
    for (Worker worker : workers) {
      worker.secure(tls.clients());
    }
    listeners.bind();
    if (app != null && options.intercept().register() && options.appPort() != 0) {
      var random = new SplittableRandom();
      registrar =
          new Registrar(
              Identity.instance(options, inboundPort(), random),
              control,
              random,
              telemetry::reached);
    }
    Metrics.register(this);
    config.declareProtocol();
    tls.register(telemetry);
    tls.start();
    discovery.start();
    control.execute(
        () -> {
          if (probe != null) {
            probe.probe();
          }
        });
    control.scheduleWithFixedDelay(
        new ControlTick(this, checker, app, probe),
        0,
        ClusterSet.FOLD_INTERVAL_NANOS,
        TimeUnit.NANOSECONDS);
    LOG.log(
        System.Logger.Level.INFO,
        "sidecar {0} of {1}/{2}: {3}, control plane {4}",
        options.nodeId(),
        options.namespace(),
        options.service(),
        listeners,
        options.controlPlanes());
  }

  // ---- for the parts of this package

  SidecarOptions options() {
    return options;
  }

  SidecarTls tls() {
    return tls;
  }

  EventLoop control() {
    return control;
  }

  Telemetry telemetry() {
    return telemetry;
  }

  ClusterSet clusters() {
    return clusters;
  }

  DiscoveryClient discovery() {
    return discovery;
  }

  @Nullable Registrar registrar() {
    return registrar;
  }

  List<Worker> workers() {
    return workers;
  }

  HealthChecker checker() {
    return checker;
  }

  @Nullable InboundApp app() {
    return app;
  }

  Passthrough passthrough() {
    return passthrough;
  }

  ConnectionLimit connections() {
    return connections;
  }

  Overload overload() {
    return overload;
  }

  MemoryPlan memory() {
    return memory;
  }

  Listeners listeners() {
    return listeners;
  }

  TrafficReadiness readiness() {
    return readiness;
  }

  /** Null where our application does not get its configuration from us. */
  @Nullable AppValues appValues() {
    return appValues;
  }

  @Nullable AppProbe probe() {
    return probe;
  }

  ConfigInForce configInForce() {
    return config;
  }

  /** Control loop. */
  private final class Linked implements ControlPlaneLink {
    @Override
    public void connected(Channel channel) {
      if (registrar != null) {
        registrar.connected(channel);
      }
    }

    @Override
    public void disconnected() {
      if (registrar != null) {
        registrar.disconnected();
      }
    }
  }
}
