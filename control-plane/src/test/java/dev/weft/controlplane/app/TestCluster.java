package dev.weft.controlplane.app;

import dev.weft.controlplane.auth.AccessReviewer;
import dev.weft.controlplane.auth.Caller;
import dev.weft.controlplane.auth.ClientAuthority;
import dev.weft.controlplane.auth.ClusterAccess;
import dev.weft.controlplane.auth.ReviewUnavailableException;
import dev.weft.controlplane.auth.TokenReviewer;
import dev.weft.controlplane.pki.DirectoryRoots;
import dev.weft.controlplane.pki.RootStore;
import dev.weft.testkit.TestCa;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Callers and rules that a test writes down; what asks Kubernetes for them has its own tests. */
final class TestCluster implements ClusterAccess {
  private final RootStore roots;
  private final TestCa clients;
  private final Map<String, Caller> tokens = new ConcurrentHashMap<>();
  private final Set<String> rules = ConcurrentHashMap.newKeySet();
  private volatile boolean away;

  TestCluster(Path directory, TestCa clients) {
    this.roots = new DirectoryRoots(directory);
    this.clients = clients;
  }

  void pod(String token, String namespace, String pod) {
    tokens.put(
        token,
        new Caller(
            "system:serviceaccount:" + namespace + ":default",
            "",
            List.of(),
            Map.of(),
            new Caller.Pod(namespace, pod, "uid")));
  }

  void user(String token, String name) {
    tokens.put(token, new Caller(name, "", List.of(), Map.of(), null));
  }

  void allow(String user, String verb, String resource, String namespace) {
    rules.add(String.join(" ", user, verb, resource, namespace));
  }

  void away(boolean now) {
    away = now;
  }

  @Override
  public TokenReviewer tokens() {
    return (token, _) -> {
      requireThere();
      Caller caller = tokens.get(token);
      return caller == null
          ? TokenReviewer.Verdict.refused("nobody knows it")
          : TokenReviewer.Verdict.of(caller);
    };
  }

  @Override
  public ClientAuthority clients() {
    return clients::certificatePem;
  }

  @Override
  public AccessReviewer accesses() {
    return (caller, access) -> {
      requireThere();
      return rules.contains(
          String.join(" ", caller.user(), access.verb(), access.resource(), access.namespace()));
    };
  }

  @Override
  public RootStore roots() {
    return roots;
  }

  private void requireThere() throws ReviewUnavailableException {
    if (away) {
      throw new ReviewUnavailableException("the API server is away", null);
    }
  }

  /** Connects as people do, trusting the authority that is kept in that directory. */
  static ManagedChannel connect(
      ControlPlane controlPlane, Path roots, TestCa.@Nullable Issued certificate) {
    try {
      TlsChannelCredentials.Builder credentials =
          TlsChannelCredentials.newBuilder()
              .trustManager(new DirectoryRoots(roots).trustedFile().toFile());
      if (certificate != null) {
        credentials.keyManager(
            new ByteArrayInputStream(
                certificate.certificatePem().getBytes(StandardCharsets.US_ASCII)),
            new ByteArrayInputStream(certificate.keyPem().getBytes(StandardCharsets.US_ASCII)));
      }
      return Grpc.newChannelBuilderForAddress(
              "127.0.0.1", controlPlane.grpcPort(), credentials.build())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same channel, showing a token with every call. */
  static Channel with(Channel channel, String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
