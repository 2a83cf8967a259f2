package dev.weft.sidecar.discovery;

import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.proto.discovery.v1.AppConfigDemand;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.sidecar.proxy.VirtualHostLookup;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.grpc.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the sidecar knows of the mesh: holds the subscriptions, applies what comes all or nothing,
 * and keeps what was last good in force and on disk. Made and given its workers by the starting
 * thread; from {@link #start} on, on the control loop only.
 */
public final class DiscoveryClient {
  private static final System.Logger LOG = Logs.of(DiscoveryClient.class);
  private static final long SWEEP_SECONDS = 15;

  private final DiscoverySettings settings;
  private final EventLoop loop;
  private final ConfigListener listener;
  private final ControlPlaneLink link;
  private final LongSupplier nanoClock;
  private final HeldConfig held = new HeldConfig();
  private final Subscriptions subscriptions;
  private final Hosts hosts;
  private @Nullable ResourceName inbound;
  private final @Nullable LastGoodFile file;
  private final @Nullable LastGoodSaver saver;
  private final ControlPlaneStream stream;
  private final Consumer<Bound> reached;
  private boolean fromDisk;
  private boolean newsScheduled;
  private long responses;
  private long acknowledged;
  private long rejected;
  private long resourcesReceived;
  private String lastRejection = "";
  // Read by workers, for the text of a reply.
  private volatile String state = "no control plane was reached yet";

  /**
   * @param loop the control loop
   * @param channelType of the loop's kind
   * @param reached counts a bound that was reached
   */
  public DiscoveryClient(
      DiscoverySettings settings,
      EventLoop loop,
      Class<? extends io.netty.channel.Channel> channelType,
      ConfigListener listener,
      ControlPlaneLink link,
      LongSupplier nanoClock,
      RandomGenerator random,
      Consumer<Bound> reached) {
    this.settings = settings;
    this.reached = reached;
    this.loop = loop;
    this.listener = listener;
    this.link = link;
    this.nanoClock = nanoClock;
    this.subscriptions = new Subscriptions(settings.maxSubscriptions(), settings.idleNanos());
    this.hosts = new Hosts(settings.namespace());
    if (settings.stateDirectory() == null) {
      file = null;
      saver = null;
    } else {
      file =
          new LastGoodFile(
              settings.stateDirectory(), settings.namespace() + "/" + settings.service());
      saver = new LastGoodSaver(file, loop, held::content);
    }
    this.stream =
        new ControlPlaneStream(
            settings.controlPlanes(),
            new ControlPlaneChannels(loop, channelType, settings.tls()),
            loop,
            random,
            new StreamOwner(),
            reached);
  }

  /** A worker's look-up; before {@link #start}. */
  public VirtualHostLookup newWorker(EventLoop worker, WorkerTelemetry telemetry) {
    var made =
        new WorkerHosts(
            worker,
            telemetry,
            new WorkerHosts.Demand() {
              @Override
              public void wanted(String authority) {
                loop.execute(() -> demand(authority));
              }

              @Override
              public String state() {
                return state;
              }
            });
    hosts.add(made);
    return made;
  }

  /** Puts the last good configuration in force, then connects. Reads the disk: starting thread. */
  public void start() {
    LastGoodFile.Loaded loaded = file == null ? null : file.read();
    loop.execute(() -> begin(loaded));
  }

  /** Ends the stream; what is in force stays so, and is put on disk if it is not there. */
  public void close() {
    stream.close();
    if (saver != null) {
      saver.close();
    }
  }

  /**
   * After {@link #close}, any thread but the loop's: waits until the disk has what it is to have.
   */
  public void join(long millis) throws InterruptedException {
    if (saver != null) {
      saver.join(millis);
    }
  }

  /** What is in force. */
  public ConfigSnapshot snapshot() {
    return held.snapshot();
  }

  /** Versions of everything held, by kind and name, e.g. {@code CLUSTER catalog.default:80}. */
  public Map<String, String> versions() {
    var all = new TreeMap<String, String>();
    for (HeldResource one : held.versions()) {
      all.put(one.getResource().getKind() + " " + one.getResource().getName(), one.getVersion());
    }
    return all;
  }

  public DiscoveryStatus status() {
    return new DiscoveryStatus(
        stream.address().toString(),
        stream.replica(),
        stream.moves(),
        stream.connected(),
        stream.problem(),
        held.holds(inbound()),
        fromDisk,
        held.storeId(),
        held.snapshot().revision(),
        subscriptions.size(),
        held.size(),
        responses,
        acknowledged,
        rejected,
        resourcesReceived,
        lastRejection,
        saver == null ? "no state directory" : saver.state());
  }

  /** Made late: the first message loads protobuf, and nothing of that is needed to listen. */
  private ResourceName inbound() {
    ResourceName name = inbound;
    if (name == null) {
      name = Names.inbound(settings.namespace(), settings.service());
      inbound = name;
    }
    return name;
  }

  private void begin(LastGoodFile.@Nullable Loaded loaded) {
    subscriptions.pin(inbound());
    for (String dependency : settings.dependencies()) {
      subscriptions.pin(hostName(dependency.toLowerCase(Locale.ROOT)));
    }
    if (loaded != null) {
      restore(loaded);
    }
    stream.connect();
    loop.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  private void restore(LastGoodFile.Loaded loaded) {
    long now = nanoClock.getAsLong();
    List<Resource> resources = new ArrayList<>(loaded.resources());
    if (!settings.appConfig()) {
      resources.removeIf(one -> one.getName().getKind() == ResourceKind.APP_CONFIG);
    }
    for (Resource resource : resources) {
      if (resource.getName().getKind() == ResourceKind.VIRTUAL_HOST) {
        subscriptions.restore(resource.getName(), now);
      }
    }
    try {
      putInForce(
          held.prepare(
              resources, List.of(), loaded.revision(), loaded.storeId(), subscriptions::wants),
          () -> {});
      fromDisk = true;
      LOG.log(
          System.Logger.Level.INFO,
          "last good configuration is in force: revision {0}, {1} resources",
          loaded.revision(),
          held.size());
    } catch (HeldConfig.RefusedException e) {
      LOG.log(
          System.Logger.Level.WARNING, "last good configuration is ignored: {0}", e.getMessage());
    }
  }

  private void putInForce(HeldConfig.Prepared prepared, Runnable confirmed) {
    listener.prepare(prepared.snapshot());
    held.commit(prepared);
    hosts.update(held.snapshot().virtualHosts());
    publish(confirmed);
  }

  private void publish(Runnable confirmed) {
    hosts.publish(
        () ->
            loop.execute(
                () -> {
                  listener.inForce(held.snapshot());
                  confirmed.run();
                }));
  }

  /**
   * The control loop's own look-up: the host in force, marked as used; null: not asked for yet.
   *
   * @param authority lower case
   */
  public @Nullable VirtualHostConfig use(String authority) {
    return hosts.use(settings.namespace() + "/" + authority);
  }

  /**
   * Subscribes to it, where nothing else has to make room; what comes is told to the {@link
   * ConfigListener}.
   *
   * @return whether it will come: a control plane is connected, and there is room
   */
  public boolean want(String authority) {
    return stream.connected() && subscribe(authority, false);
  }

  public boolean connected() {
    return stream.connected();
  }

  private void demand(String authority) {
    if (hosts.config(hostName(authority).getName()) != null) {
      // It came between the worker's look and now: the worker has it, or is about to.
      hosts.publish(() -> {});
    } else if (!subscribe(authority, stream.connected())) {
      hosts.refuse(
          authority,
          "this sidecar uses " + subscriptions.size() + " hosts already, which is its limit");
    }
  }

  /** False: there is no room. */
  private boolean subscribe(String authority, boolean mayDropKnown) {
    Subscriptions.Outcome outcome =
        subscriptions.demand(
            hostName(authority),
            nanoClock.getAsLong(),
            this::worthKeeping,
            mayDropKnown,
            this::forget);
    scheduleNews();
    return outcome != Subscriptions.Outcome.FULL;
  }

  /** Names of DNS make room like what is unknown: the original resolver has them, too. */
  private boolean worthKeeping(ResourceName name) {
    VirtualHostConfig host = hosts.config(name.getName());
    return host != null && host.found() && host.dns() == null;
  }

  private void forget(ResourceName root) {
    if (held.drop(root)) {
      hosts.update(held.snapshot().virtualHosts());
      publish(this::save);
    }
  }

  private void sweep() {
    if (!stream.connected()) {
      // Nothing could bring back what is given up now.
      return;
    }
    List<ResourceName> idle =
        subscriptions.sweep(nanoClock.getAsLong(), name -> hosts.takeUsed(name.getName()));
    for (ResourceName each : idle) {
      reached.accept(Bound.HOST_IDLE);
      forget(each);
    }
    if (!idle.isEmpty()) {
      scheduleNews();
    }
  }

  // What one turn of the loop brings together goes in one request.
  private void scheduleNews() {
    if (!newsScheduled && subscriptions.hasNews()) {
      newsScheduled = true;
      loop.execute(this::sendNews);
    }
  }

  private void sendNews() {
    newsScheduled = false;
    if (!stream.connected()) {
      return;
    }
    List<ResourceName> gone = subscriptions.takeUnsubscribes();
    if (!gone.isEmpty()) {
      stream.send(DiscoveryRequest.newBuilder().addAllUnsubscribe(gone).build());
    }
    List<ResourceName> wanted = subscriptions.takeSubscribes();
    if (!wanted.isEmpty()) {
      stream.send(DiscoveryRequest.newBuilder().addAllSubscribe(wanted).build());
    }
  }

  private ResourceName hostName(String authority) {
    return Names.virtualHost(settings.namespace() + "/" + authority);
  }

  private void save() {
    if (saver != null) {
      saver.changed();
    }
  }

  private void refuse(DiscoveryResponse response, Rejection rejection) {
    rejected++;
    lastRejection =
        rejection.getResource().getName()
            + " "
            + rejection.getFieldPath()
            + ": "
            + rejection.getMessage();
    LOG.log(
        System.Logger.Level.WARNING,
        "configuration of revision {0} is refused, the last good one stays in force: {1}",
        response.getRevision(),
        lastRejection);
    stream.send(
        DiscoveryRequest.newBuilder()
            .setNonce(response.getNonce())
            .setRejection(rejection)
            .build());
    stream.next();
  }

  private final class StreamOwner implements ControlPlaneStream.Owner {
    @Override
    public void opened(Channel channel) {
      state = "the control plane has not answered yet";
      if (held.dropUnreachable()) {
        publish(() -> {});
      }
      DiscoveryRequest.Builder first =
          DiscoveryRequest.newBuilder()
              .setNode(settings.node().get())
              .addAllSubscribe(subscriptions.all())
              .setHeldStoreId(held.storeId());
      if (settings.appConfig()) {
        first.setAppConfig(AppConfigDemand.getDefaultInstance());
      }
      for (HeldResource one : held.versions()) {
        if (one.getResource().getKind() == ResourceKind.APP_CONFIG) {
          first.setAppConfig(AppConfigDemand.newBuilder().setHeldVersion(one.getVersion()));
        } else {
          first.addHeld(one);
        }
      }
      stream.send(first.build());
      link.connected(channel);
    }

    @Override
    public void received(DiscoveryResponse response) {
      responses++;
      resourcesReceived += response.getResourcesCount();
      long epoch = stream.epoch();
      try {
        putInForce(held.prepare(response, subscriptions::wants), () -> confirmed(epoch, response));
      } catch (HeldConfig.RefusedException e) {
        refuse(response, e.rejection());
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "configuration could not be applied", e);
        refuse(response, Rejection.newBuilder().setMessage("could not be applied: " + e).build());
      }
    }

    private void confirmed(long epoch, DiscoveryResponse response) {
      fromDisk = false;
      save();
      if (stream.epoch() != epoch) {
        return;
      }
      acknowledged++;
      stream.send(DiscoveryRequest.newBuilder().setNonce(response.getNonce()).build());
      stream.next();
    }

    @Override
    public void lost() {
      link.disconnected();
    }

    @Override
    public void unavailable() {
      state = "no control plane is connected (" + stream.problem() + ")";
    }
  }
}
