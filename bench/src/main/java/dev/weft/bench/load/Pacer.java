package dev.weft.bench.load;

import dev.weft.bench.process.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Our own generator, for what wrk lacks: a fixed rate with exponential gaps, where latency counts
 * from the moment at which a request was due whether a connection was free or not; and client
 * certificates.
 */
public final class Pacer implements Load {
  private final String host;
  private final int connections;
  private final double rate;
  private final @Nullable Path certificates;

  private Pacer(String host, int connections, double rate, @Nullable Path certificates) {
    this.host = host;
    this.connections = connections;
    this.rate = rate;
    this.certificates = certificates;
  }

  /** Requests per second, whatever the answers take. */
  public static Pacer rate(String host, int connections, double perSecond) {
    return new Pacer(host, connections, perSecond, null);
  }

  /** As fast as it gets answers, over TLS with the folder's certificate. */
  public static Pacer mutualTls(String host, int connections, Path certificates) {
    return new Pacer(host, connections, 0, certificates);
  }

  @Override
  public Figures run(int port, int seconds) throws IOException, InterruptedException {
    String output =
        Generator.run(
            Programs.java(
                PacerMain.class,
                List.of(
                    "-XX:+UseSerialGC",
                    "-Xms192m",
                    "-Xmn128m",
                    "-Xmx256m",
                    "-Dio.netty.allocator.numDirectArenas=1",
                    "-Dio.netty.allocator.numHeapArenas=0"),
                List.of(
                    Integer.toString(port),
                    host,
                    Integer.toString(connections),
                    Double.toString(rate),
                    Integer.toString(seconds),
                    certificates == null ? "" : certificates.toString())));
    return Figures.parse("the generator", output);
  }
}
