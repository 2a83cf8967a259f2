package dev.weft.controlplane.validate;

import static dev.weft.controlplane.validate.BadDocumentsTest.known;
import static dev.weft.controlplane.validate.BadDocumentsTest.lines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Entries of configuration, good and bad, and what a person is told about the bad ones. */
class ConfigEntriesTest {
  /** Stands for what is random in a token. */
  private static final String LETTERS_36 = "abcdefghijklmnopqrstuvwxyz0123456789";

  private static final String ENTRY =
      """
      apiVersion: weft.dev/v1alpha1
      kind: ConfigEntry
      metadata: {name: e}
      spec:
      """;

  @Test
  void an_entry_says_its_key_for_whom_it_is_and_its_value() {
    ConfigEntry entry =
        decoded(
            ENTRY
                + """
                  key: log.level
                  scope: {service: catalog, instances: {version: v2}}
                  contentType: application/json
                  value: '"debug"'
                  release: {percent: 10, value: '"trace"'}
                """
                    .indent(0));

    assertThat(entry.key()).isEqualTo("log.level");
    assertThat(entry.level()).isEqualTo(new ObjectKey("default", "catalog"));
    assertThat(entry.instanceLabels()).isEqualTo(Map.of("version", "v2"));
    assertThat(entry.contentType()).isEqualTo("application/json");
    assertThat(entry.value()).isEqualTo("\"debug\"");
    assertThat(entry.release()).isEqualTo(new ConfigEntry.Release(10, "\"trace\""));
  }

  @Test
  void an_entry_is_text_for_its_namespace_unless_it_says_otherwise() {
    ConfigEntry entry = decoded(ENTRY + "  key: A\n  value: \"\"\n");

    assertThat(entry.level()).isEqualTo(new ObjectKey("default", ""));
    assertThat(entry.contentType()).isEqualTo("text/plain; charset=utf-8");
    assertThat(entry.value()).isEmpty();
    assertThat(entry.release()).isNull();

    ConfigEntry ofMesh =
        decoded(
            ENTRY.replace("name: e", "name: e, namespace: weft-system")
                + "  key: A\n  scope: {mesh: true}\n  value: x\n");
    assertThat(ofMesh.level()).isEqualTo(new ObjectKey("", ""));
  }

  @Test
  void what_is_closer_to_an_instance_goes_first() {
    ConfigEntry mesh = entry("mesh", true, "", Map.of());
    ConfigEntry namespace = entry("namespace", false, "", Map.of());
    ConfigEntry service = entry("service", false, "catalog", Map.of());
    ConfigEntry label = entry("label", false, "", Map.of("zone", "a"));
    ConfigEntry labelOfService = entry("label-of-service", false, "catalog", Map.of("zone", "a"));
    ConfigEntry twoLabels = entry("two", false, "catalog", Map.of("zone", "a", "version", "v2"));

    assertThat(
            Stream.of(mesh, label, service, namespace, labelOfService, twoLabels)
                .sorted(ConfigEntry.CLOSEST_FIRST))
        .containsExactly(twoLabels, labelOfService, label, service, namespace, mesh);
  }

  @TestFactory
  List<DynamicTest> badEntries() {
    var cases = new ArrayList<DynamicTest>();
    cases.add(
        BadDocumentsTest.refused(
            "nothing said",
            ENTRY + "  scope: {}\n",
            "4: ConfigEntry default/e: spec.key: is missing, expected what the application asks for, e.g. log.level",
            "4: ConfigEntry default/e: spec.value: is missing, expected the value, a string; it may be empty"));
    cases.add(
        BadDocumentsTest.refused(
            "fields",
            ENTRY
                + """
                  key: ../etc/passwd
                  scope: {mesh: true, service: Catalog, namespace: shop, instances: {version: 2}}
                  contentType: "text/html\\r\\nx: y"
                  value: 7
                  valeu: x
                  release: {percent: 101}
                """
                    .indent(0),
            "5: ConfigEntry default/e: spec.key: is \"../etc/passwd\", expected 1 to 128 letters, digits, \".\", \"_\" and \"-\", beginning and ending with a letter or digit",
            "6: ConfigEntry default/e: spec.scope.namespace: is not supported yet: an entry is for the namespace that it is in",
            "6: ConfigEntry default/e: spec.scope.mesh: is true, expected false, or the document in the namespace weft-system, where entries for the whole mesh are kept",
            "6: ConfigEntry default/e: spec.scope.service: is \"Catalog\", expected nothing, as it is for the whole mesh",
            "6: ConfigEntry default/e: spec.scope.instances[version]: is 2, expected a string (put it in quotes)",
            "7: ConfigEntry default/e: spec.contentType: is \"text/html\\r\\nx: y\", expected a media type, e.g. application/json",
            "8: ConfigEntry default/e: spec.value: is 7, expected a string (put it in quotes)",
            "9: ConfigEntry default/e: spec.valeu: unknown field; did you mean \"value\"? Known here: key, scope, contentType, value, release",
            "10: ConfigEntry default/e: spec.release.percent: is 101, expected a whole number from 0 to 100",
            "10: ConfigEntry default/e: spec.release.value: is missing, expected the value that the share has, a string"));
    cases.add(
        BadDocumentsTest.refused(
            "a value that is too long",
            ENTRY + "  key: a\n  value: " + "ä".repeat((64 << 10) / 2 + 1) + "\n",
            "6: ConfigEntry default/e: spec.value: is a text of 65538 bytes, expected at most 65536 bytes"));
    cases.add(
        BadDocumentsTest.refused(
            "binary",
            ENTRY + "  key: a\n  value: \"\\0\"\n",
            "6: ConfigEntry default/e: spec.value: is a text of 1 bytes, expected text without control characters; encode what is binary, e.g. as base64"));
    cases.add(
        BadDocumentsTest.refused(
            "two of one batch for the same instances",
            ENTRY
                + "  key: a\n  value: x\n---\n"
                + ENTRY.replace("name: e", "name: f")
                + "  key: a\n  value: y\n",
            "10: ConfigEntry default/f: spec.key: is \"a\", expected a key without an entry for the same instances (ConfigEntry default/e has it; change or delete that one)"));
    return cases;
  }

  @TestFactory
  List<DynamicTest> secrets() {
    var cases = new ArrayList<DynamicTest>();
    // Put together here, so that nobody who searches this source for secrets finds one.
    Map<String, String> secrets =
        Map.ofEntries(
            Map.entry("-----BEGIN PRIVATE" + " KEY-----\nMIIE...", "a private key"),
            Map.entry("-----BEGIN RSA PRIVATE" + " KEY-----\nMIIE...", "a private key"),
            Map.entry("-----BEGIN OPENSSH PRIVATE" + " KEY-----\nb3Bl...", "a private key"),
            Map.entry("-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\nlQOY...", "a private key"),
            Map.entry("url: postgres://app:hunter2" + "@db.shop/orders", "a URL with a password"),
            Map.entry("redis://:hunter2hunter2" + "@cache.shop:6379", "a URL with a password"),
            Map.entry("AKIA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
            Map.entry("id=ASIA" + "IOSFODNN7EXAMPLE;", "an AWS access key"),
            Map.entry(
                "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENGbPxRfiCYEXAMPLEKEYa",
                "an AWS secret key"),
            Map.entry(
                "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
                "a JSON Web Token"),
            // GitHub: of a person, of OAuth, of a user by an app, of a server, to refresh;
            // fine-grained.
            Map.entry("ghp" + "_" + LETTERS_36, "an access token"),
            Map.entry("gho" + "_" + LETTERS_36, "an access token"),
            Map.entry("ghu" + "_" + LETTERS_36, "an access token"),
            Map.entry("ghs" + "_" + LETTERS_36, "an access token"),
            Map.entry("ghr" + "_" + LETTERS_36, "an access token"),
            Map.entry(
                "github" + "_pat_" + LETTERS_36.substring(0, 22) + "_" + LETTERS_36,
                "an access token"),
            // GitLab, Slack, Stripe, Google, npm, SendGrid.
            Map.entry("glpat" + "-" + LETTERS_36.substring(0, 20), "an access token"),
            Map.entry("xoxb" + "-123456789012-" + LETTERS_36.substring(0, 24), "an access token"),
            Map.entry("xoxp" + "-123456789012-" + LETTERS_36.substring(0, 24), "an access token"),
            Map.entry("sk" + "_live_" + LETTERS_36.substring(0, 24), "an access token"),
            Map.entry("rk" + "_live_" + LETTERS_36.substring(0, 24), "an access token"),
            Map.entry("AI" + "za" + LETTERS_36.substring(0, 35), "an access token"),
            Map.entry("npm" + "_" + LETTERS_36, "an access token"),
            Map.entry(
                "SG" + "." + LETTERS_36.substring(0, 22) + "." + LETTERS_36 + "_-12345",
                "an access token"));
    secrets.forEach(
        (value, what) -> {
          String quoted = '"' + value.replace("\n", "\\n") + '"';
          for (String field : List.of("value", "release.value")) {
            String manifest =
                field.equals("value")
                    ? ENTRY + "  key: a\n  value: " + quoted + "\n"
                    : ENTRY
                        + "  key: a\n  value: x\n  release: {percent: 1, value: "
                        + quoted
                        + "}\n";
            cases.add(
                DynamicTest.dynamicTest(
                    what + " (" + value.substring(0, 5) + "...) as " + field,
                    () -> {
                      List<PolicyError> errors = batch(manifest).errors();
                      assertThat(errors).hasSize(1);
                      assertThat(errors.getFirst().getFieldPath()).isEqualTo("spec." + field);
                      assertThat(errors.getFirst().getMessage())
                          .startsWith("looks like " + what)
                          .contains("put it into a Secret of Kubernetes");
                      assertThat(errors.getFirst().toString())
                          .as("the secret goes no further")
                          .doesNotContain(value.substring(value.length() - 10));
                    }));
          }
        });
    return cases;
  }

  @Test
  void what_only_says_where_a_secret_is_is_no_secret() {
    for (String value :
        List.of(
            "postgres://app:${DB_PASSWORD}@db.shop/orders",
            "https://shop.example:8443/a@b",
            "secretRef: db/password",
            "-----BEGIN CERTIFICATE-----",
            "eyJ is how a token begins",
            // Similar, and not of that form.
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
            "http://cache.shop:6379/a:b",
            "postgres://app@db.shop/orders",
            "postgres://app:<password>@db.shop/orders",
            "AKIA is how a key begins",
            "BAKIA" + "IOSFODNN7EXAMPLE",
            "aws_secret_name = catalog-database",
            "ghp_short",
            "xghp" + "_" + LETTERS_36,
            "glpat-short",
            "xoxb-short",
            "pk" + "_live_" + LETTERS_36.substring(0, 24),
            "AIza-short",
            "npm_config_registry=https://registry.example.org",
            "SG.eu-west.1",
            // Digests and ids are long, and no secrets.
            "sha256:" + "0123456789abcdef".repeat(4),
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301")) {
      assertThat(lines(ENTRY + "  key: a\n  value: '" + value + "'\n", known()))
          .as(value)
          .isEmpty();
    }
  }

  @Test
  void a_key_that_is_called_like_a_secret_is_warned_of() {
    PolicyBatch batch = batch(ENTRY + "  key: db.password\n  value: vault:db/password\n");

    assertThat(batch.errors()).isEmpty();
    assertThat(batch.warnings()).hasSize(1);
    assertThat(batch.warnings().getFirst().getMessage()).startsWith("is called like a secret");
  }

  @Test
  void a_service_that_is_not_there_yet_is_warned_of() {
    PolicyBatch batch = batch(ENTRY + "  key: a\n  scope: {service: catlog}\n  value: x\n");

    assertThat(batch.errors()).isEmpty();
    assertThat(batch.documents()).hasSize(1);
    assertThat(batch.warnings().getFirst().getMessage())
        .contains("is no Service of namespace \"default\"")
        .contains("did you mean \"catalog\"?");
  }

  @Test
  void a_key_that_has_an_entry_names_it() {
    KnownObjects known = known().entry(entry("other", false, "catalog", Map.of()));

    assertThat(lines(ENTRY + "  key: log.level\n  scope: {service: catalog}\n  value: x\n", known))
        .containsExactly(
            "3: ConfigEntry default/e: spec.key: is \"log.level\", expected a key without an entry"
                + " for the same instances (ConfigEntry default/other has it; change or delete"
                + " that one)");
    assertThat(lines(ENTRY + "  key: log.level\n  value: x\n", known)).as("others").isEmpty();
    assertThat(
            lines(
                ENTRY.replace("name: e", "name: other") + "  key: log.level\n  value: x\n", known))
        .as("moving it")
        .isEmpty();
  }

  @Test
  void a_level_has_so_many_entries_and_bytes_and_no_more() {
    KnownObjects full = known();
    IntStream.range(0, ConfigEntryCheck.MAX_ENTRIES)
        .forEach(i -> full.entry(entry("e" + i, "key" + i, "catalog", "x")));
    String more = ENTRY + "  key: more\n  scope: {service: catalog}\n  value: x\n";
    assertThat(lines(more, full))
        .containsExactly(
            "3: ConfigEntry default/e: metadata.name: would be 129 entries of service"
                + " default/catalog, expected at most 128 entries together: delete what nothing"
                + " reads, or put several values into one entry");
    assertThat(lines(more.replace("catalog", "users"), full)).as("another level").isEmpty();
    assertThat(lines(more.replace("name: e", "name: e7"), full)).as("in place").isEmpty();

    KnownObjects large = known();
    String value = "x".repeat(64 << 10);
    IntStream.range(0, 4).forEach(i -> large.entry(entry("e" + i, "key" + i, "", value)));
    assertThat(lines(ENTRY + "  key: more\n  value: x\n", large))
        .singleElement()
        .asString()
        .contains("spec.value: would be 262")
        .contains("of namespace \"default\", expected at most 262144 bytes together: delete what");
  }

  @Test
  void what_was_let_in_once_is_read_whatever_looks_like_a_secret_today() throws Exception {
    String json =
        "{\"apiVersion\":\"weft.dev/v1alpha1\",\"kind\":\"ConfigEntry\",\"metadata\":{\"name\":\"e\"},"
            + "\"spec\":{\"key\":\"a\",\"value\":\"AKIA"
            + "IOSFODNN7EXAMPLE\"}}";
    Policy stored =
        Policy.newBuilder()
            .setKey(
                PolicyKey.newBuilder().setKind("ConfigEntry").setNamespace("default").setName("e"))
            .setSource("apply")
            .setJson(json)
            .build();

    assertThat(DocumentDecoder.decodeStored(stored, 7))
        .isInstanceOf(PolicyObject.OfConfigEntry.class);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> DocumentDecoder.decodeStored(stored.toBuilder().clearSource().build(), 7)))
        .isInstanceOf(InvalidPolicyException.class);
  }

  private static ConfigEntry decoded(String manifest) {
    PolicyBatch batch = batch(manifest);
    assertThat(batch.errors()).isEmpty();
    PolicyDocument document = batch.documents().getFirst();
    return ((PolicyObject.OfConfigEntry) document.object()).entry();
  }

  private static PolicyBatch batch(String manifest) {
    return DocumentDecoder.decode(
        List.of(DocumentDecoderTest.manifest("m.yaml", manifest)), known());
  }

  private static ConfigEntry entry(
      String name, boolean mesh, String service, Map<String, String> labels) {
    return new ConfigEntry(
        new DocumentMeta("default", name, "apply", 0, 0),
        "log.level",
        mesh,
        service,
        labels,
        "text/plain",
        "x",
        null);
  }

  private static ConfigEntry entry(String name, String key, String service, String value) {
    return new ConfigEntry(
        new DocumentMeta("default", name, "apply", 0, 0),
        key,
        false,
        service,
        Map.of(),
        "text/plain",
        value,
        null);
  }
}
