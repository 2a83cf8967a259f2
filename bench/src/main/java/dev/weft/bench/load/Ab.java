package dev.weft.bench.load;

import dev.weft.bench.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ApacheBench: a new connection for every request. It resumes no TLS session, as wrk does after its
 * first connection.
 */
public final class Ab implements Load {
  private static final Pattern COMPLETE = Pattern.compile("Complete requests: +(\\d+)");
  private static final Pattern SECONDS = Pattern.compile("Time taken for tests: +([\\d.]+)");
  private static final Pattern FAILED = Pattern.compile("Failed requests: +(\\d+)");
  private static final Pattern NOT_200 = Pattern.compile("Non-2xx responses: +(\\d+)");
  private static final Pattern PROTOCOL = Pattern.compile("SSL/TLS Protocol: +(\\S+)");

  private final Path folder;
  private final String host;
  private final String path;
  private final int connections;

  private Ab(Path folder, String host, String path, int connections) {
    this.folder = folder;
    this.host = host;
    this.path = path;
    this.connections = connections;
  }

  /** GETs with the workload's headers, over TLS 1.3 with a full handshake each. */
  public static Ab handshakes(Path folder, String host, String path, int connections) {
    return new Ab(folder, host, path, connections);
  }

  @Override
  public Figures run(int port, int seconds) throws IOException, InterruptedException {
    Path percentiles = Files.createTempFile(folder, "ab-", ".csv");
    var command = new ArrayList<String>();
    command.addAll(List.of(Programs.need("ab"), "-q", "-r", "-f", "TLS1.3"));
    // Its limit of time brings one of 50,000 requests, which what follows lifts.
    command.addAll(List.of("-t", Integer.toString(seconds), "-n", "5000000"));
    command.addAll(List.of("-c", Integer.toString(connections), "-e", percentiles.toString()));
    command.addAll(List.of("-H", "Host: " + host));
    Workload.HEADERS.forEach(
        header -> command.addAll(List.of("-H", header.get(0) + ": " + header.get(1))));
    command.add("https://127.0.0.1:" + port + path);
    try {
      return read(Generator.run(command), Files.readAllLines(percentiles));
    } finally {
      Files.delete(percentiles);
    }
  }

  /**
   * What a run counted.
   *
   * @param percentiles lines of a percentage and its milliseconds, from 0 to 100, after a heading
   */
  static Figures read(String output, List<String> percentiles) throws IOException {
    if (!first(PROTOCOL, output, "").startsWith("TLSv1.3") || percentiles.size() < 100) {
      throw new IOException("ab printed no figures of TLS 1.3:\n" + output);
    }
    return new Figures(
        Long.parseLong(first(COMPLETE, output, "0")),
        (long) (Double.parseDouble(first(SECONDS, output, "0")) * 1e6),
        micros(percentiles.get(51)),
        micros(percentiles.get(100)),
        Long.parseLong(first(FAILED, output, "0")) + Long.parseLong(first(NOT_200, output, "0")),
        0);
  }

  private static String first(Pattern pattern, String output, String otherwise) {
    Matcher matcher = pattern.matcher(output);
    return matcher.find() ? matcher.group(1) : otherwise;
  }

  private static long micros(String line) {
    return (long) (Double.parseDouble(line.substring(line.indexOf(',') + 1)) * 1000);
  }
}
