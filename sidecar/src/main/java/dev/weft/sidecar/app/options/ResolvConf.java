package dev.weft.sidecar.app.options;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/** Reads {@code resolv.conf(5)} as C libraries do. Pure but for the file. */
final class ResolvConf {
  /** More are not asked by anybody. */
  static final int MOST_NAME_SERVERS = 3;

  private static final String KEYWORD = "nameserver";

  private ResolvConf() {}

  /** The name servers of a file, each once; this machine when there is no such file. */
  static List<InetAddress> nameServers(String file) {
    try {
      return nameServers(Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1));
    } catch (IOException | InvalidPathException e) {
      return nameServers(List.of());
    }
  }

  /** The same of its lines. */
  static List<InetAddress> nameServers(List<String> lines) {
    var all = new ArrayList<InetAddress>();
    int named = 0;
    for (String line : lines) {
      var words = new StringTokenizer(line);
      if (!line.startsWith(KEYWORD)
          || words.countTokens() < 2
          || !words.nextToken().equals(KEYWORD)) {
        continue;
      }
      named++;
      InetAddress address = address(words.nextToken());
      if (address != null && !all.contains(address) && all.size() < MOST_NAME_SERVERS) {
        all.add(address);
      }
    }
    return named == 0 ? List.of(InetAddress.ofLiteral("127.0.0.1")) : all;
  }

  /** Null for a link's own address, which is not to be redirected, and for what is none. */
  private static @Nullable InetAddress address(String text) {
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      return address.isLinkLocalAddress() && text.indexOf(':') >= 0 ? null : address;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
