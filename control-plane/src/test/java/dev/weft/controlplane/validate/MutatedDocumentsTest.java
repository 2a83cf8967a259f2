package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.proto.policy.v1.Policy;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever is thrown at the decoder, it answers with documents or errors, never with an exception;
 * and what it lets in is read back from the store as the same thing.
 */
class MutatedDocumentsTest {
  private static final String NOISE = "{}[]:,&*!|>'\"%@`#?-\n \t\0\u0085\u2028\ufeff\ud83d09aZ~";
  private final Random random = new Random(20_261_121);

  @Test
  void mutated_examples_are_answered_for() throws IOException {
    String examples =
        String.join(
            "---\n",
            DocumentDecoderTest.example("catalog-services.yaml"),
            DocumentDecoderTest.example("canary.yaml"),
            DocumentDecoderTest.example("traffic-policy.yaml"));
    int accepted = 0;
    for (int round = 0; round < 3_000; round++) {
      String content = mutate(examples);
      PolicyBatch batch =
          DocumentDecoder.decode(
              List.of(DocumentDecoderTest.manifest("m.yaml", content)), KnownObjects.NOTHING);
      assertThat(batch.documents().size() + batch.errors().size()).as(content).isPositive();
      for (PolicyDocument document : batch.documents()) {
        accepted++;
        Policy stored = Policy.newBuilder().setKey(document.key()).setJson(document.json()).build();
        assertThatCode(
                () ->
                    assertThat(DocumentDecoder.decodeStored(stored, 0))
                        .isEqualTo(document.object()))
            .as(document.json())
            .doesNotThrowAnyException();
      }
    }
    assertThat(accepted).as("documents that were still good").isGreaterThan(1_000);
  }

  @Test
  void a_character_outside_the_basic_plane_may_stand_anywhere() {
    String start =
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n#";
    for (int length = 900; length < 2_200; length++) {
      String content = start + "x".repeat(length - start.length()) + "\ud83d\ude00\ud83d\ude00\n";
      PolicyBatch batch =
          DocumentDecoder.decode(
              List.of(DocumentDecoderTest.manifest("m.yaml", content)), KnownObjects.NOTHING);
      assertThat(batch.errors()).isEmpty();
      assertThat(batch.documents()).hasSize(1);
    }
  }

  private String mutate(String content) {
    var text = new StringBuilder(content);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length());
      int to = Math.min(text.length(), at + random.nextInt(20));
      switch (random.nextInt(4)) {
        case 0 -> text.setCharAt(at, noise());
        case 1 -> text.insert(at, noise());
        case 2 -> text.delete(at, to);
        default -> text.insert(random.nextInt(text.length()), text.substring(at, to));
      }
    }
    return text.toString();
  }

  private char noise() {
    return NOISE.charAt(random.nextInt(NOISE.length()));
  }
}
