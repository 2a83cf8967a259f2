package dev.weft.common.config;

import java.net.InetAddress;
import java.util.List;

/**
 * What a name of the mesh stands for in DNS.
 *
 * @param addresses of either family, at least one
 * @param instances whether they are those of instances, which come and go; else they stay for as
 *     long as the service does
 */
public record DnsNameConfig(List<InetAddress> addresses, boolean instances) {
  public DnsNameConfig {
    addresses = List.copyOf(addresses);
  }
}
