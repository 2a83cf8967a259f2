package dev.weft.common.config;

import java.util.List;

/**
 * What a name of the mesh stands for in DNS.
 *
 * @param addresses IP addresses of either family, at least one
 * @param instances whether they are those of instances, which come and go; else they stay for as
 *     long as the service does
 */
public record DnsNameConfig(List<String> addresses, boolean instances) {
  public DnsNameConfig {
    addresses = List.copyOf(addresses);
  }
}
