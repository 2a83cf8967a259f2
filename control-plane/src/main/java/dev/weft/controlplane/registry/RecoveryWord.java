package dev.weft.controlplane.registry;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.loss.Loss;
import java.util.Locale;

/**
 * What an operator says of what the store has lost; every replica hears it through the store.
 *
 * @param by who says it
 */
public record RecoveryWord(Kind kind, String by) {
  /** What is to be done. */
  public enum Kind {
    /** What the replicas know is written back. */
    RESTORE,
    /** The store is right. */
    ACCEPT;

    String said(Loss loss) {
      return this == RESTORE
          ? "write back what is withheld (" + loss.size() + " keys)"
          : "the store is right, " + loss.size() + " keys are withheld no longer";
    }
  }

  /** As the store holds it: the kind, then who. */
  public ByteString toStored() {
    return ByteString.copyFromUtf8(kind.name().toLowerCase(Locale.ROOT) + ' ' + by);
  }

  static RecoveryWord parse(ByteString stored) {
    String text = stored.toStringUtf8();
    int space = text.indexOf(' ');
    String kind = space < 0 ? text : text.substring(0, space);
    return new RecoveryWord(
        // What a newer replica may say is not understood as consent.
        kind.equals("accept") ? Kind.ACCEPT : Kind.RESTORE,
        space < 0 ? "" : text.substring(space + 1));
  }
}
