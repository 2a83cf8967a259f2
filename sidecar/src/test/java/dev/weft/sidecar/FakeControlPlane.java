package dev.weft.sidecar;

import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Move;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A real gRPC server that answers discovery and registry as a test tells it to: it knows resources
 * by name and sends each subscriber what it asked for and does not hold.
 */
public final class FakeControlPlane implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Map<ResourceName, Resource> resources = new LinkedHashMap<>();
  private final List<Stream> streams = new ArrayList<>();
  public final List<DiscoveryRequest> requests = new CopyOnWriteArrayList<>();
  public final List<RegisterRequest> registered = new CopyOnWriteArrayList<>();
  public final List<KeepAliveRequest> heartbeats = new CopyOnWriteArrayList<>();
  public final List<DeregisterRequest> deregistered = new CopyOnWriteArrayList<>();
  public volatile KeepAliveResponse.Status keepAliveStatus = KeepAliveResponse.Status.ALIVE;
  public volatile long ttlMillis = 300;
  private volatile String storeId = "store-1";
  private @Nullable Server server;
  private int port;
  private long revision = 1;
  private int nonce;
  private final String name = "fake-" + NAMES.incrementAndGet();
  private final AtomicInteger endedByThem = new AtomicInteger();

  private final InetAddress host;
  private final UnaryOperator<NettyServerBuilder> configuration;

  /** Answers what nobody has put with "not found", as the real one does. */
  public volatile boolean answersUnknownHosts;

  public FakeControlPlane() {
    this(UnaryOperator.identity());
  }

  /** With a server that a test configures: its TLS, whom it lets in. */
  public FakeControlPlane(UnaryOperator<NettyServerBuilder> configuration) {
    this(InetAddress.getLoopbackAddress(), configuration);
  }

  /** One that other machines reach. */
  public FakeControlPlane(InetAddress host) {
    this(host, UnaryOperator.identity());
  }

  private FakeControlPlane(InetAddress host, UnaryOperator<NettyServerBuilder> configuration) {
    this.host = host;
    this.configuration = configuration;
    start();
  }

  public int port() {
    return port;
  }

  public String address() {
    return host.getHostAddress() + ":" + port;
  }

  /** Starts, on the port of before if there was one. */
  public synchronized void start() {
    try {
      Server started =
          configuration
              .apply(NettyServerBuilder.forAddress(new InetSocketAddress(host, port)))
              .permitKeepAliveTime(1, TimeUnit.SECONDS)
              .addService(ServerInterceptors.intercept(new Discovery(), new AcceptsAtOnce(name)))
              .addService(new Registry())
              .build()
              .start();
      server = started;
      port = started.getPort();
    } catch (IOException e) {
      throw new AssertionError("fake control plane cannot listen", e);
    }
  }

  /** Dies at once, with every connection. */
  public void kill() {
    Server running;
    synchronized (this) {
      running = server;
      server = null;
      streams.clear();
    }
    if (running != null) {
      running.shutdownNow();
      try {
        running.awaitTermination(5, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    kill();
  }

  public synchronized void storeId(String id) {
    storeId = id;
  }

  /** What it calls itself. */
  public String name() {
    return name;
  }

  /** How many streams are open. */
  public synchronized int open() {
    return streams.size();
  }

  /** How many streams were ended in order by who had opened them. */
  public int endedByThem() {
    return endedByThem.get();
  }

  /** Asks everybody to go elsewhere. */
  public synchronized void move(long withinMillis, String... to) {
    for (Stream stream : streams) {
      stream.out.onNext(
          DiscoveryResponse.newBuilder()
              .setRevision(revision)
              .setStoreId(storeId)
              .setMove(
                  Move.newBuilder()
                      .setWithinMillis(withinMillis)
                      .setReason("a test wants it")
                      .addAllTo(List.of(to)))
              .build());
    }
  }

  /** Sets resources and sends each stream those that it is subscribed to or that are new. */
  public synchronized void put(Resource... changed) {
    revision++;
    for (Resource resource : changed) {
      resources.put(resource.getName(), resource);
    }
    for (Stream stream : streams) {
      stream.sendWanted(List.of(changed));
    }
  }

  public synchronized void remove(ResourceName... names) {
    revision++;
    for (ResourceName name : names) {
      resources.remove(name);
    }
    for (Stream stream : streams) {
      stream.send(List.of(), List.of(names));
    }
  }

  /** A service with one route to one cluster, in namespace {@code default}, at port 80. */
  public void service(String name, int... endpointPorts) {
    put(
        slice(name, endpointPorts),
        cluster(name),
        host(name, name),
        host(name + ":80", name),
        host(name + ".default", name));
  }

  public void endpoints(String name, int... ports) {
    put(slice(name, ports));
  }

  /** The last request that answers a response. */
  public DiscoveryRequest awaitAnswer(String ofNonce) {
    await().until(() -> requests.stream().anyMatch(r -> r.getNonce().equals(ofNonce)));
    return requests.stream().filter(r -> r.getNonce().equals(ofNonce)).findFirst().orElseThrow();
  }

  public synchronized String lastNonce() {
    return "n" + nonce;
  }

  /** The first request of each stream, in order. */
  public List<DiscoveryRequest> hellos() {
    return requests.stream().filter(DiscoveryRequest::hasNode).toList();
  }

  public static ResourceName name(ResourceKind kind, String name) {
    return ResourceName.newBuilder().setKind(kind).setName(name).build();
  }

  public static Resource host(String authority, String... services) {
    var route =
        Route.newBuilder()
            .setName("default/" + services[0])
            .setMatch(RouteMatch.newBuilder().setPathPrefix("/"));
    for (String service : services) {
      route.addBackends(
          WeightedBackend.newBuilder().setCluster(service + ".default:80").setWeight(1));
    }
    return resource(ResourceKind.VIRTUAL_HOST, "default/" + authority)
        .setVirtualHost(VirtualHost.newBuilder().addRoutes(route))
        .build();
  }

  public static Resource unknownHost(String authority, String... nearMisses) {
    return resource(ResourceKind.VIRTUAL_HOST, "default/" + authority)
        .setVirtualHost(
            VirtualHost.newBuilder().setNotFound(true).addAllNearMisses(List.of(nearMisses)))
        .build();
  }

  public static Resource cluster(String service) {
    String name = service + ".default:80";
    return resource(ResourceKind.CLUSTER, name)
        .setCluster(
            Cluster.newBuilder()
                .setService(service)
                .setNamespace("default")
                .setPort(80)
                .setLoadBalancer(LoadBalancer.ROUND_ROBIN)
                .addEndpointSlices(name + "/0"))
        .build();
  }

  public static Resource slice(String service, int... ports) {
    var slice = EndpointSlice.newBuilder();
    for (int port : ports) {
      slice.addEndpoints(
          Endpoint.newBuilder()
              .setId(service + "-" + port)
              .setIncarnation("i1")
              .setAddress("127.0.0.1")
              .setPort(port)
              .setWeight(100)
              .setPeer(PeerKind.APPLICATION)
              .addProtocols(Protocol.HTTP1));
    }
    return resource(ResourceKind.ENDPOINT_SLICE, service + ".default:80/0")
        .setEndpointSlice(slice)
        .setVersion("v" + java.util.Arrays.hashCode(ports))
        .build();
  }

  /** A slice whose endpoints are each for the callers of one zone. */
  public static Resource hinted(Resource slice, String... zones) {
    Resource.Builder hinted = slice.toBuilder().setVersion(slice.getVersion() + "-hinted");
    for (int i = 0; i < zones.length; i++) {
      hinted.getEndpointSliceBuilder().getEndpointsBuilder(i).addForZones(zones[i]);
    }
    return hinted.build();
  }

  /** Where a machine stands. */
  public static Resource node(String name, String zone) {
    return resource(ResourceKind.NODE, name)
        .setVersion(zone)
        .setLocality(Locality.newBuilder().setZone(zone))
        .build();
  }

  public static Resource inbound(String service) {
    return resource(ResourceKind.INBOUND, "default/" + service)
        .setInbound(Inbound.getDefaultInstance())
        .build();
  }

  private static Resource.Builder resource(ResourceKind kind, String name) {
    return Resource.newBuilder().setName(name(kind, name)).setVersion("v1");
  }

  private static boolean isRoot(ResourceName name) {
    return name.getKind() == ResourceKind.VIRTUAL_HOST || name.getKind() == ResourceKind.INBOUND;
  }

  private final class Stream implements StreamObserver<DiscoveryRequest> {
    private final StreamObserver<DiscoveryResponse> out;
    private final Set<ResourceName> wanted = new LinkedHashSet<>();
    private final Map<ResourceName, String> held = new LinkedHashMap<>();

    Stream(StreamObserver<DiscoveryResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(DiscoveryRequest request) {
      synchronized (FakeControlPlane.this) {
        requests.add(request);
        if (request.getHeldStoreId().equals(storeId)) {
          for (HeldResource one : request.getHeldList()) {
            held.put(one.getResource(), one.getVersion());
          }
        }
        request.getUnsubscribeList().forEach(wanted::remove);
        request.getUnsubscribeList().forEach(held::remove);
        wanted.addAll(request.getSubscribeList());
        if (request.getSubscribeCount() > 0) {
          sendWanted(resources.values());
        }
        if (answersUnknownHosts) {
          sendUnknown(request.getSubscribeList());
        }
      }
    }

    private void sendUnknown(List<ResourceName> subscribed) {
      var unknown = new ArrayList<Resource>();
      for (ResourceName name : subscribed) {
        if (name.getKind() == ResourceKind.VIRTUAL_HOST && !resources.containsKey(name)) {
          unknown.add(unknownHost(name.getName().substring("default/".length())));
        }
      }
      if (!unknown.isEmpty()) {
        send(unknown, List.of());
      }
    }

    void sendWanted(Iterable<Resource> from) {
      var news = new ArrayList<Resource>();
      for (Resource resource : from) {
        boolean concerns = !isRoot(resource.getName()) || wanted.contains(resource.getName());
        if (concerns && !resource.getVersion().equals(held.get(resource.getName()))) {
          news.add(resource);
        }
      }
      if (!news.isEmpty()) {
        send(news, List.of());
      }
    }

    void send(List<Resource> changed, List<ResourceName> removed) {
      for (Resource resource : changed) {
        held.put(resource.getName(), resource.getVersion());
      }
      nonce++;
      out.onNext(
          DiscoveryResponse.newBuilder()
              .setNonce(lastNonce())
              .setRevision(revision)
              .setStoreId(storeId)
              .addAllResources(changed)
              .addAllRemoved(removed)
              .build());
    }

    @Override
    public void onError(Throwable t) {
      forget();
    }

    @Override
    public void onCompleted() {
      forget();
      endedByThem.incrementAndGet();
      out.onCompleted();
    }

    private void forget() {
      synchronized (FakeControlPlane.this) {
        streams.remove(this);
      }
    }
  }

  /** As the real one, which answers with its headers before it has anything to send. */
  private record AcceptsAtOnce(String name) implements ServerInterceptor {
    private static final Metadata.Key<String> REPLICA =
        Metadata.Key.of("weft-replica", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <A, B> ServerCall.Listener<A> interceptCall(
        ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
      var first = new Metadata();
      first.put(REPLICA, name);
      call.sendHeaders(first);
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata later) {
              // They are on their way.
            }
          },
          headers);
    }
  }

  private final class Discovery extends DiscoveryServiceGrpc.DiscoveryServiceImplBase {
    @Override
    public StreamObserver<DiscoveryRequest> streamResources(StreamObserver<DiscoveryResponse> out) {
      synchronized (FakeControlPlane.this) {
        var stream = new Stream(out);
        streams.add(stream);
        return stream;
      }
    }
  }

  private final class Registry extends RegistryServiceGrpc.RegistryServiceImplBase {
    @Override
    public void register(RegisterRequest request, StreamObserver<RegisterResponse> out) {
      registered.add(request);
      String incarnation = request.getInstance().getIncarnation();
      out.onNext(
          RegisterResponse.newBuilder()
              .setIncarnation(incarnation.isEmpty() ? "given" : incarnation)
              .setRevision(7)
              .setTtlMillis(ttlMillis)
              .build());
      out.onCompleted();
    }

    @Override
    public StreamObserver<KeepAliveRequest> keepAlive(StreamObserver<KeepAliveResponse> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(KeepAliveRequest beat) {
          heartbeats.add(beat);
          out.onNext(
              KeepAliveResponse.newBuilder()
                  .setStatus(keepAliveStatus)
                  .setNamespace(beat.getNamespace())
                  .setId(beat.getId())
                  .build());
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }

    @Override
    public void deregister(DeregisterRequest request, StreamObserver<DeregisterResponse> out) {
      deregistered.add(request);
      out.onNext(
          DeregisterResponse.newBuilder()
              .setRemoved(true)
              .setSubscribersAcknowledged(true)
              .build());
      out.onCompleted();
    }
  }
}
