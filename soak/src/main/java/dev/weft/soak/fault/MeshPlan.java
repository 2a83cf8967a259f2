package dev.weft.soak.fault;

import java.util.List;

/**
 * The names of what there is to strike.
 *
 * @param services each by the names of its instances
 * @param edges sidecars that only call
 * @param links stretches of network between two parties
 * @param setting the key of an entry of the applications' configuration
 */
public record MeshPlan(
    List<String> replicas,
    List<Service> services,
    List<String> edges,
    List<String> zones,
    List<String> links,
    String setting) {
  /** A service with the names of its instances. */
  public record Service(String name, List<String> instances) {}

  /** Of every service. */
  public List<String> instances() {
    return services.stream().flatMap(service -> service.instances().stream()).toList();
  }
}
