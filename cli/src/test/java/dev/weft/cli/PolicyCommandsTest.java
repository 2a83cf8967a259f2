package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.DeleteResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceImplBase;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PolicyCommandsTest {
  private static final PolicyKey ROUTE =
      PolicyKey.newBuilder()
          .setKind("HTTPRoute")
          .setNamespace("default")
          .setName("catalog")
          .build();

  private final Answers answers = new Answers();
  private Cli cli = unstarted();
  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void start() throws IOException {
    cli = new Cli(answers);
  }

  @AfterEach
  void stop() {
    cli.close();
  }

  @Test
  void applyPrintsWhatHappenedToEachDocument() throws IOException {
    answers.apply =
        ApplyResponse.newBuilder()
            .addResults(
                AppliedPolicy.newBuilder().setKey(ROUTE).setAction(AppliedPolicy.Action.CONFIGURED))
            .build();
    Path file = Files.writeString(folder.resolve("route.yaml"), "kind: HTTPRoute\n");

    assertThat(cli.weft("apply", "-f", file.toString())).isZero();

    assertThat(cli.out).isEqualTo("httproute.gateway.networking.k8s.io/catalog configured\n");
    assertThat(answers.applied)
        .containsExactly(
            Manifest.newBuilder().setName(file.toString()).setContent("kind: HTTPRoute\n").build());
  }

  @Test
  void applyOfAFolderTakesItsManifestsInOrder() throws IOException {
    for (String name : List.of("b.yml", "a.yaml", "notes.txt", "c.json")) {
      Files.writeString(folder.resolve(name), "{}");
    }

    assertThat(cli.weft("apply", "-f", folder.toString())).isZero();

    assertThat(answers.applied)
        .extracting(manifest -> Path.of(manifest.getName()).getFileName().toString())
        .containsExactly("a.yaml", "b.yml", "c.json");
  }

  @Test
  void aRefusedDocumentIsShownWithItsPlaceItsValueAndWhatWasExpected() throws IOException {
    answers.apply =
        ApplyResponse.newBuilder()
            .addErrors(
                PolicyError.newBuilder()
                    .setManifest("route.yaml")
                    .setDocument(2)
                    .setLine(17)
                    .setObject("HTTPRoute default/catalog")
                    .setFieldPath("spec.rules[0].backendRefs[1].weight")
                    .setValue("many")
                    .setExpected("an integer from 0 to 1000000")
                    .setMessage("not a weight"))
            .build();
    Path file = Files.writeString(folder.resolve("route.yaml"), "x: y\n");

    assertThat(cli.weft("apply", "-f", file.toString())).isEqualTo(1);

    assertThat(cli.err)
        .isEqualTo(
            """
            error: route.yaml:17 (document 2), HTTPRoute default/catalog: not a weight
              field:    spec.rules[0].backendRefs[1].weight
              value:    many
              expected: an integer from 0 to 1000000
            nothing was applied
            """);
  }

  @Test
  void applyWithoutAFileIsMisuse() {
    assertThat(cli.weft("apply")).isEqualTo(2);
    assertThat(cli.err).contains("-f FILE").contains("Usage: weft apply");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThat(cli.weft("apply", "-f", "/no/such/file.yaml")).isEqualTo(1);
    assertThat(cli.err).isEqualTo("error: there is no file or folder '/no/such/file.yaml'\n");
  }

  @Test
  void deleteTakesTheNamesFromTheManifests() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("both.yaml"),
            """
            kind: Service
            metadata: {name: catalog, namespace: shop}
            ---
            kind: HTTPRoute
            metadata: {name: catalog}
            """);

    assertThat(cli.weft("delete", "-f", file.toString())).isZero();

    assertThat(answers.deleted)
        .extracting(PolicyKey::getKind, PolicyKey::getNamespace)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("Service", "shop"),
            org.assertj.core.groups.Tuple.tuple("HTTPRoute", "default"));
    assertThat(cli.out)
        .isEqualTo(
            """
            service/catalog (shop) deleted
            httproute.gateway.networking.k8s.io/catalog deleted
            """);
  }

  @Test
  void deletingWhatIsNotThereFailsAndGoesOn() {
    answers.missing = "gone";

    assertThat(cli.weft("delete", "httproute", "gone", "catalog")).isEqualTo(1);

    assertThat(cli.err).isEqualTo("error: there is no httproute.gateway.networking.k8s.io/gone\n");
    assertThat(cli.out).contains("/catalog deleted");
    assertThat(cli.weft("delete", "--ignore-not-found", "httproute", "gone")).isZero();
  }

  @Test
  void getShowsATableThatSaysWhatEachDocumentDoes() {
    answers.policies.add(
        Policy.newBuilder()
            .setKey(ROUTE)
            .setRevision(7)
            .setJson(
                """
                {"spec": {"parentRefs": [{"name": "catalog"}],
                 "rules": [{"backendRefs": [{"name": "catalog-v1", "weight": 90},
                                            {"name": "catalog-v2", "weight": 10}]}]}}""")
            .build());

    assertThat(cli.weft("get", "httproute")).isZero();

    assertThat(cli.out)
        .isEqualTo(
            """
            NAMESPACE   KIND        NAME      SUMMARY                                  REVISION   AGE
            default     HTTPRoute   catalog   catalog -> catalog-v1=90 catalog-v2=10   7          -
            """);
  }

  @Test
  void getAsYamlCanBeAppliedAgain() {
    answers.policies.add(
        Policy.newBuilder().setKey(ROUTE).setJson("{\"kind\":\"HTTPRoute\"}").build());
    answers.policies.add(
        Policy.newBuilder().setKey(ROUTE).setJson("{\"kind\":\"Service\"}").build());

    assertThat(cli.weft("get", "all", "-o", "yaml")).isZero();

    assertThat(cli.out).isEqualTo("kind: HTTPRoute\n---\nkind: Service\n");
  }

  @Test
  void anUnknownKindIsAnsweredWithTheKnownOnes() {
    assertThat(cli.weft("get", "pods")).isEqualTo(1);
    assertThat(cli.err)
        .isEqualTo(
            "error: there is no kind 'pods'; there are: service, httproute, grpcroute, tlsroute, tcproute, referencegrant, trafficpolicy, configentry\n");
  }

  private static Cli unstarted() {
    try {
      return new Cli();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final class Answers extends PolicyServiceImplBase {
    final List<Manifest> applied = new ArrayList<>();
    final List<PolicyKey> deleted = new ArrayList<>();
    final List<Policy> policies = new ArrayList<>();
    ApplyResponse apply = ApplyResponse.getDefaultInstance();
    String missing = "";

    @Override
    public void apply(ApplyRequest request, StreamObserver<ApplyResponse> observer) {
      applied.addAll(request.getManifestsList());
      observer.onNext(apply);
      observer.onCompleted();
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> observer) {
      if (request.getKey().getName().equals(missing)) {
        observer.onError(Status.NOT_FOUND.asRuntimeException());
        return;
      }
      deleted.add(request.getKey());
      observer.onNext(DeleteResponse.getDefaultInstance());
      observer.onCompleted();
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> observer) {
      observer.onNext(ListResponse.newBuilder().addAllPolicies(policies).build());
      observer.onCompleted();
    }
  }
}
