package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.proto.discovery.v1.DnsName;
import dev.weft.proto.discovery.v1.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what a name stands for in DNS, as Kubernetes' own DNS has it: a service's own addresses,
 * else those of its instances that get requests, or one of them by its hostname. Names in full
 * only: {@code web.dev} may be a name of the outside. What has no address is not known, so that the
 * original resolver says what that means. Pure but for what {@link Reads} declares.
 */
final class DnsNames {
  /** What stands before the name in a subscription; no authority has a slash. */
  static final String PREFIX = "dns/";

  private static final int MAX_ADDRESSES = 1000;

  private DnsNames() {}

  static VirtualHost compile(String name, String domain, Reads reads) {
    DnsName found =
        name.endsWith(".svc." + domain) && name.indexOf(':') < 0 ? find(name, domain, reads) : null;
    return found == null || found.getAddressesCount() == 0
        ? VirtualHost.newBuilder().setNotFound(true).build()
        : VirtualHost.newBuilder().setDns(found).build();
  }

  private static @Nullable DnsName find(String name, String domain, Reads reads) {
    Authority.PodName pod = Authority.parsePod(name, "", domain);
    if (pod != null) {
      Service service = reads.service(new ObjectKey(pod.namespace(), pod.service()));
      return service == null || !headless(service)
          ? null
          : instances(service, one -> hostname(one).equals(pod.hostname()), reads);
    }
    Authority authority = Authority.parse(name, "", domain);
    Service service =
        authority == null
            ? null
            : reads.service(new ObjectKey(authority.namespace(), authority.service()));
    if (service == null) {
      return null;
    }
    KubernetesService kubernetes = service.kubernetes();
    return kubernetes == null || kubernetes.headless()
        ? instances(service, _ -> true, reads)
        : name(kubernetes.clusterIps(), false);
  }

  private static DnsName instances(Service service, Predicate<Workload> which, Reads reads) {
    var addresses = new ArrayList<String>();
    for (Workload one : reads.workloadsOf(service)) {
      if (service.sendsTo(one) && which.test(one)) {
        addresses.add(one.address());
      }
    }
    return name(addresses, true);
  }

  private static DnsName name(List<String> addresses, boolean instances) {
    return DnsName.newBuilder()
        .addAllAddresses(addresses.stream().sorted().distinct().limit(MAX_ADDRESSES).toList())
        .setInstances(instances)
        .build();
  }

  private static boolean headless(Service service) {
    KubernetesService kubernetes = service.kubernetes();
    return kubernetes != null && kubernetes.headless();
  }

  private static String hostname(Workload workload) {
    PodEndpoint pod = workload.pod();
    return pod == null ? "" : pod.hostname();
  }
}
