package dev.weft.controlplane.validate;

import static dev.weft.controlplane.validate.DocumentDecoderTest.example;
import static dev.weft.controlplane.validate.DocumentDecoderTest.good;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.policy.v1.Policy;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What was written to the store is read back as it was; what does not decode says why. */
class StoredDocumentsTest {
  @Test
  void normalised_json_is_read_back_as_it_was() throws InvalidPolicyException {
    String odd =
        "quote \" backslash \\\\ newline \\n tab \\t bell \\a nel \\N separator \\u2028 ä 😀";
    PolicyDocument document =
        good("""
                apiVersion: v1
                kind: Service
                metadata: {name: catalog, annotations: {odd: "%s"}}
                spec: {selector: {number: "80", yes: "true"}, ports: [{port: 80}]}
                """
                .formatted(odd.replace("\"", "\\\"")))
            .getFirst();
    var stored = stored(document).setSource("apply").setCreatedAtMillis(5).build();

    PolicyObject object = DocumentDecoder.decodeStored(stored, 17);

    assertThat(object).isInstanceOf(PolicyObject.OfService.class);
    Service service = ((PolicyObject.OfService) object).service();
    assertThat(service.selector())
        .containsExactlyInAnyOrderEntriesOf(Map.of("number", "80", "yes", "true"));
    assertThat(service.source()).isEqualTo("apply");
    assertThat(service.revision()).isEqualTo(17);
    assertThat(good(document.json()).getFirst().json()).isEqualTo(document.json());
  }

  @Test
  void a_stored_document_carries_source_and_age_and_may_dangle() throws Exception {
    var stored = stored(good(example("canary.yaml")).getFirst());

    PolicyObject object =
        DocumentDecoder.decodeStored(
            stored.setSource("kubernetes").setCreatedAtMillis(99).build(), 7);

    assertThat(object.kind()).isEqualTo("HTTPRoute");
    assertThat(((PolicyObject.OfRoute) object).route().meta())
        .isEqualTo(new DocumentMeta("default", "catalog-canary", "kubernetes", 99, 7));
  }

  @Test
  void a_stored_document_that_does_not_decode_says_why() throws IOException {
    var broken = stored(good(example("canary.yaml")).getFirst());
    var key = broken.getKey().toBuilder();

    assertThatThrownBy(
            () ->
                DocumentDecoder.decodeStored(
                    broken.clone().setJson(broken.getJson().replace("weight", "wait")).build(), 1))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(
            "HTTPRoute default/catalog-canary spec.rules[0].backendRefs[0].wait unknown field");
    assertThatThrownBy(() -> DocumentDecoder.decodeStored(broken.clone().setJson("{").build(), 1))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("well-formed");
    assertThatThrownBy(
            () -> DocumentDecoder.decodeStored(broken.clone().setKey(key.setName("x")).build(), 1))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("is not HTTPRoute default/x");
  }

  private static Policy.Builder stored(PolicyDocument document) {
    return Policy.newBuilder().setKey(document.key()).setJson(document.json());
  }
}
