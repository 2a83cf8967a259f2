package dev.weft.sidecar.app;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.app.options.DnsOptions;
import dev.weft.sidecar.discovery.DiscoveryClient;
import dev.weft.sidecar.dns.DnsServer;
import dev.weft.sidecar.dns.DnsSockets;
import dev.weft.sidecar.dns.MeshNames;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Telemetry;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** The ports of {@code --dns on}: on loopback, of the family of each name server. */
final class DnsPorts {
  private DnsPorts() {}

  /**
   * Binds them.
   *
   * @throws IOException one line: which could not be bound, and why
   */
  static DnsServer bind(Sidecar sidecar, Transport transport) throws IOException {
    DnsOptions options = sidecar.options().dns();
    var ports = new ArrayList<DnsServer.Port>();
    for (int i = 0; i < options.nameServers().size(); i++) {
      InetSocketAddress server = options.nameServer(i);
      String loopback = server.getAddress() instanceof Inet6Address ? "::1" : "127.0.0.1";
      ports.add(new DnsServer.Port(new InetSocketAddress(loopback, options.port(i)), server));
    }
    Telemetry telemetry = sidecar.telemetry();
    DnsServer server =
        DnsServer.bind(
            ports,
            sidecar.control(),
            new Sockets(transport),
            new Names(sidecar.discovery()),
            telemetry::reached);
    telemetry.gauge(
        "dns_answered", "Queries answered for names of the mesh.", true, server::answered);
    telemetry.gauge("dns_passed", "Queries passed to their name server.", true, server::passed);
    telemetry.gauge("dns_failed", "Queries that could not be passed on.", true, server::failed);
    telemetry.bound(Bound.DNS_QUERIES, server::underWay, Bound.DNS_QUERIES::value);
    telemetry.bound(Bound.DNS_QUERY_BYTES, server::queryBytes, Bound.DNS_QUERY_BYTES::value);
    telemetry.bound(Bound.DNS_CONNECTIONS, server::connections, Bound.DNS_CONNECTIONS::value);
    return server;
  }

  private record Sockets(Transport transport) implements DnsSockets {
    @Override
    public Channel datagram(boolean ipv6) {
      return transport.newDatagramChannel(ipv6);
    }

    @Override
    public Channel server() {
      return transport.newServerChannel();
    }

    @Override
    public Channel client() {
      return transport.newClientChannel();
    }
  }

  private record Names(DiscoveryClient discovery) implements MeshNames {
    @Override
    public @Nullable VirtualHostConfig use(String name) {
      return discovery.use(name);
    }

    @Override
    public boolean want(String name) {
      return discovery.want(name);
    }

    @Override
    public boolean connected() {
      return discovery.connected();
    }
  }
}
