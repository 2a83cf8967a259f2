package dev.weft.controlplane.app;

import dev.weft.controlplane.auth.AnyCertificate;
import dev.weft.controlplane.pki.CertificateAuthority;
import dev.weft.controlplane.pki.DirectoryRoots;
import dev.weft.controlplane.pki.FileIdentity;
import dev.weft.controlplane.pki.PkiException;
import dev.weft.controlplane.pki.PkiTimes;
import dev.weft.controlplane.pki.RootStore;
import dev.weft.controlplane.pki.ServerIdentity;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the control plane's own ports show of it. Made by the starting thread; may block. */
final class EndpointTls implements AutoCloseable {
  /** The Service by which sidecars and the API server call us in a cluster. */
  private static final String SERVICE = "weft-control-plane";

  private final @Nullable ServerIdentity identity;

  private EndpointTls(@Nullable ServerIdentity identity) {
    this.identity = identity;
  }

  /**
   * Loads or makes what is shown.
   *
   * @param shared where replicas keep the authority together; null: in the options' directory
   * @throws StartFailedException when there is nothing to show
   */
  static EndpointTls open(
      ControlPlaneOptions options, @Nullable RootStore shared, MeterRegistry meters) {
    SecurityOptions security = options.security();
    ServerIdentity identity;
    try {
      identity =
          switch (security.tls()) {
            case OFF -> null;
            case AUTHORITY ->
                CertificateAuthority.open(
                    shared == null ? new DirectoryRoots(security.directory()) : shared,
                    names(options, shared != null),
                    PkiTimes.DEFAULT,
                    InstantSource.system());
            case FILES -> files(security.files());
          };
    } catch (PkiException e) {
      throw new StartFailedException("--tls: " + e.getMessage(), e);
    }
    if (identity != null) {
      Gauge.builder(
              "weft.tls.certificate.expiration",
              identity,
              shown -> shown.notAfter().getEpochSecond())
          .baseUnit("seconds")
          .description("When the certificate that callers are shown expires, since 1970")
          .register(meters);
      if (identity instanceof CertificateAuthority authority) {
        Gauge.builder(
                "weft.tls.authority.expiration",
                authority,
                each -> each.rootNotAfter().getEpochSecond())
            .baseUnit("seconds")
            .description("When the authority that signs it expires, since 1970")
            .register(meters);
      }
    }
    return new EndpointTls(identity);
  }

  private static @Nullable ServerIdentity files(SecurityOptions.@Nullable Files files)
      throws PkiException {
    return files == null
        ? null
        : FileIdentity.open(
            files.certificate(), files.key(), files.trusted(), InstantSource.system());
  }

  /**
   * What the gRPC server is given.
   *
   * @param known whether callers may show a certificate
   */
  ServerCredentials credentials(boolean known) {
    if (identity == null) {
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder tls =
        TlsServerCredentials.newBuilder().keyManager(identity.keyManager());
    if (known) {
      tls.trustManager(new AnyCertificate()).clientAuth(ClientAuth.OPTIONAL);
    }
    return tls.build();
  }

  /** Null: plaintext. */
  @Nullable ServerIdentity identity() {
    return identity;
  }

  @Override
  public void close() {
    if (identity != null) {
      identity.close();
    }
  }

  /** As callers name this machine, unless they are told otherwise. */
  private static List<String> names(ControlPlaneOptions options, boolean inCluster) {
    Set<String> names = new LinkedHashSet<>(options.security().names());
    if (inCluster) {
      String service = SERVICE + '.' + options.security().systemNamespace();
      names.add(service + ".svc");
      names.add(service + ".svc." + options.clusterDomain());
      names.add(service);
      names.add(SERVICE);
    }
    try {
      String host = InetAddress.getLocalHost().getHostName();
      if (host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")) {
        names.add(host);
      }
    } catch (UnknownHostException e) {
      // Then it is not called by a name.
    }
    names.add("localhost");
    names.add("127.0.0.1");
    names.add("::1");
    if (options.bind().matches("[0-9a-fA-F.:]+")
        && !options.bind().equals("0.0.0.0")
        && !options.bind().equals("::")) {
      names.add(options.bind());
    }
    return List.copyOf(names);
  }
}
