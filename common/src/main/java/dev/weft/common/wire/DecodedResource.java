package dev.weft.common.wire;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.VirtualHostConfig;
import java.util.List;

/** A resource that passed every check, as configuration. */
public sealed interface DecodedResource {
  /** As the resource is named on the wire. */
  String name();

  record VirtualHost(VirtualHostConfig config) implements DecodedResource {
    @Override
    public String name() {
      return config.name();
    }
  }

  record Cluster(ClusterConfig config) implements DecodedResource {
    @Override
    public String name() {
      return config.name();
    }
  }

  /** The endpoints of one slice. */
  record Slice(String name, List<EndpointConfig> endpoints) implements DecodedResource {
    public Slice {
      endpoints = List.copyOf(endpoints);
    }
  }

  /** Where the machine of that name stands. */
  record Node(String name, Locality locality) implements DecodedResource {}

  record App(AppConfig config) implements DecodedResource {
    @Override
    public String name() {
      return config.name();
    }
  }

  record Inbound(InboundConfig config) implements DecodedResource {
    @Override
    public String name() {
      return config.name();
    }
  }
}
