package dev.weft.controlplane.registry.store.etcd;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a list of endpoints, each certified under its own name, anew whenever a connection is
 * lost. Called by gRPC, which resolves on its thread for work that blocks.
 */
final class EndpointResolver extends NameResolver {
  private static final String SCHEME = "weft-etcd";

  private final List<URI> endpoints;
  private final Args args;
  private @Nullable Listener2 listener;

  private EndpointResolver(List<URI> endpoints, Args args) {
    this.endpoints = endpoints;
    this.args = args;
  }

  /** The name of these endpoints, for a channel. */
  static String target(List<URI> endpoints) {
    String list = String.join(",", endpoints.stream().map(URI::toString).toList());
    return SCHEME + ":///" + URLEncoder.encode(list, StandardCharsets.UTF_8);
  }

  /** Makes resolvers for {@link #target}. */
  static final class Provider extends NameResolverProvider {
    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, Args args) {
      if (!SCHEME.equals(target.getScheme())) {
        return null;
      }
      List<URI> endpoints =
          Arrays.stream(target.getPath().substring(1).split(",")).map(URI::create).toList();
      return new EndpointResolver(endpoints, args);
    }
  }

  @Override
  public String getServiceAuthority() {
    return authority(endpoints.getFirst());
  }

  @Override
  public void start(Listener2 newListener) {
    listener = newListener;
    refresh();
  }

  @Override
  public void refresh() {
    Listener2 current = listener;
    if (current == null || args.getOffloadExecutor() == null) {
      return;
    }
    args.getOffloadExecutor()
        .execute(
            () -> {
              ResolutionResult result =
                  ResolutionResult.newBuilder().setAddressesOrError(resolve()).build();
              args.getSynchronizationContext().execute(() -> current.onResult2(result));
            });
  }

  private StatusOr<List<EquivalentAddressGroup>> resolve() {
    List<EquivalentAddressGroup> groups = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (URI endpoint : endpoints) {
      Attributes name =
          Attributes.newBuilder()
              .set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, authority(endpoint))
              .build();
      try {
        for (InetAddress address : InetAddress.getAllByName(endpoint.getHost())) {
          groups.add(
              new EquivalentAddressGroup(new InetSocketAddress(address, endpoint.getPort()), name));
        }
      } catch (UnknownHostException e) {
        unknown.add(endpoint.getHost());
      }
    }
    return groups.isEmpty()
        ? StatusOr.fromStatus(
            Status.UNAVAILABLE.withDescription("unknown host " + String.join(", ", unknown)))
        : StatusOr.fromValue(groups);
  }

  private static String authority(URI endpoint) {
    return endpoint.getHost() + ":" + endpoint.getPort();
  }

  @Override
  public void shutdown() {
    listener = null;
  }
}
