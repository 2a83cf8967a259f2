package dev.weft.bench.load;

import java.io.IOException;

/** A load generator, set up for one kind of request. */
public interface Load {
  /**
   * Loads 127.0.0.1:{@code port} for some seconds.
   *
   * @throws IOException when it failed or printed no figures; its output is in the message
   */
  Figures run(int port, int seconds) throws IOException, InterruptedException;
}
