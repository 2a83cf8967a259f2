package dev.weft.sidecar.app.intercept;

import java.util.ArrayList;
import java.util.List;

/**
 * Programs that know nothing of a mesh, as they are run on the machines of a test, and what they
 * are answered.
 */
record Callers(Namespaces net) {
  private static final String SAY =
      """
      import socket,sys
      s=socket.create_connection((sys.argv[1],int(sys.argv[2])),15)
      r=b''
      try:
        w=sys.argv[3].encode().decode('unicode_escape').encode('latin-1')
        if sys.argv[4]=='first': r=s.recv(9)
        s.sendall(w)
        s.shutdown(1)
        while True:
          d=s.recv(99)
          if not d: break
          r+=d
      except OSError: pass
      sys.stdout.buffer.write(r)
      """;

  private static final String PING =
      """
      import socket,sys
      s=socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET,socket.SOCK_DGRAM)
      s.settimeout(15)
      s.connect((sys.argv[1],7))
      s.send(b'ping')
      print(s.recv(9).decode())
      """;

  /** The body of the answer, or what curl says. */
  String curl(String from, String url, String... more) {
    return curlAs(from, List.of(), url, more);
  }

  /**
   * The same as another user.
   *
   * @param as the program before curl, with its flags
   */
  String curlAs(String from, List<String> as, String url, String... more) {
    var command = new ArrayList<>(as);
    command.addAll(List.of("curl", "-sS", "-g", "-m", "20", url));
    command.addAll(List.of(more));
    return net.tryIn(from, "", command.toArray(String[]::new)).output();
  }

  /** The answer's status; 000: there was none. */
  String status(String from, String url) {
    return net.tryIn(
            from, "", "curl", "-s", "-g", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", url)
        .output();
  }

  /** What a server says to somebody who says that, ends, and waits for the end. */
  String say(String from, String address, int port, String words) {
    String waits = port == 2525 || port == 2526 || port == 25 ? "first" : "no";
    return net.tryIn(from, "", "python3", "-c", SAY, address, Integer.toString(port), words, waits)
        .output();
  }

  /** What comes back of a datagram to port 7. */
  String ping(String from, String address) {
    return net.in(from, "python3", "-c", PING, address);
  }

  static String http(String address, int port) {
    return "http://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port + "/";
  }
}
