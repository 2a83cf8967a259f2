package dev.weft.controlplane.pki;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Where an authority is kept: certificates and keys as one text. Any replica may write, compared
 * with what it has read. May block.
 */
public interface RootStore {
  /**
   * What is kept.
   *
   * @param text certificates and private keys, PEM
   * @param version changes with the text
   */
  record Held(String text, String version) {}

  /**
   * What is kept; null: nothing yet.
   *
   * @throws RootStoreAwayException when asking again may help
   * @throws IOException one line: why that cannot be known
   */
  @Nullable Held read() throws IOException;

  /**
   * Keeps it, if what is kept is still of that version.
   *
   * @param trusted the certificates alone, for whoever verifies
   * @param expected null: if nothing is kept yet
   * @return false: another was quicker
   * @throws IOException one line: why it was not kept
   */
  boolean write(String text, String trusted, @Nullable String expected) throws IOException;

  /** Where that is, for people. */
  String place();
}
