package dev.weft.bench.load;

import dev.weft.bench.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** h2load: HTTP/2 with prior knowledge, as fast as it gets answers. */
public final class H2load implements Load {
  private static final Pattern DATA = Pattern.compile("\\((\\d+)\\) data");

  private final Path folder;
  private final String authority;
  private final String path;
  private final int clients;
  private final int streams;
  private final int answerBytes;
  private final List<String> further;

  private H2load(
      Path folder,
      String authority,
      String path,
      int clients,
      int streams,
      int answerBytes,
      List<String> further) {
    this.folder = folder;
    this.authority = authority;
    this.path = path;
    this.clients = clients;
    this.streams = streams;
    this.answerBytes = answerBytes;
    this.further = further;
  }

  /** GETs with the workload's headers. */
  public static H2load gets(Path folder, String authority, String path, int clients, int streams) {
    var headers = new ArrayList<String>();
    Workload.HEADERS.forEach(
        header -> {
          headers.add("-H");
          headers.add(header.get(0) + ": " + header.get(1));
        });
    return new H2load(folder, authority, path, clients, streams, 1, headers);
  }

  /**
   * gRPC calls that send one message.
   *
   * @param answerBytes of the answer's body, which tells a call from one that failed: both are a
   *     200
   */
  public static H2load grpc(
      Path folder,
      String authority,
      String method,
      byte[] message,
      int answerBytes,
      int clients,
      int streams)
      throws IOException {
    byte[] frame = new byte[message.length + 5];
    frame[3] = (byte) (message.length >>> 8);
    frame[4] = (byte) message.length;
    System.arraycopy(message, 0, frame, 5, message.length);
    Path body = Files.write(Files.createTempFile(folder, "grpc-", ".bin"), frame);
    return new H2load(
        folder,
        authority,
        method,
        clients,
        streams,
        answerBytes,
        List.of(
            "-d",
            body.toString(),
            "-H",
            "content-type: application/grpc",
            "-H",
            "te: trailers",
            "-H",
            "grpc-timeout: 20S",
            "-H",
            "user-agent: grpc-bench/1.0"));
  }

  @Override
  public Figures run(int port, int seconds) throws IOException, InterruptedException {
    Path log = Files.createTempFile(folder, "h2load-", ".log");
    var command = new ArrayList<String>();
    command.add(Programs.need("h2load"));
    command.addAll(List.of("-t1", "-c" + clients, "-m" + streams, "-D" + seconds));
    command.add("--log-file=" + log);
    command.addAll(List.of("-H", ":authority: " + authority));
    command.addAll(further);
    command.add("http://127.0.0.1:" + port + path);
    String output = Generator.run(command);
    try {
      return read(log, seconds, output);
    } finally {
      Files.delete(log);
    }
  }

  /** Each line of the log: when it began, status, duration in microseconds. */
  private Figures read(Path log, int seconds, String output) throws IOException {
    var latency = new Latency();
    long errors = 0;
    for (String line : Files.readAllLines(log)) {
      String[] fields = line.split("\t");
      if (fields.length != 3) {
        continue;
      }
      if (fields[1].equals("200")) {
        latency.record(Long.parseLong(fields[2]) * 1000);
      } else {
        errors++;
      }
    }
    if (latency.count() == 0) {
      throw new IOException("h2load got no answer:\n" + output);
    }
    Matcher data = DATA.matcher(output);
    if (!data.find() || Long.parseLong(data.group(1)) < latency.count() * answerBytes) {
      throw new IOException(
          "h2load got %d answers, but not %d bytes of body with each:\n%s"
              .formatted(latency.count(), answerBytes, output));
    }
    return new Figures(
        latency.count(),
        seconds * 1_000_000L,
        latency.percentileMicros(50),
        latency.percentileMicros(99),
        errors,
        0);
  }
}
