package dev.weft.sidecar.app;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.Ports;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A real nginx that says what it was asked in; skipped where there is none. */
final class Nginx implements AutoCloseable {
  private final Process process;
  final int port;

  /**
   * With TLS.
   *
   * @param name of the certificate's files in the folder
   * @param listen what is said after {@code ssl}: {@code http2} or nothing
   * @param more directives of the server block
   */
  static Nginx secured(Path folder, String name, String listen, String more) throws IOException {
    Path files = folder.resolve(name);
    return new Nginx(
        folder,
        "ssl " + listen,
        "ssl_certificate " + files + ".crt; ssl_certificate_key " + files + ".key; " + more);
  }

  /**
   * @param listen what is said after the port: {@code http2} without TLS is HTTP/2 only
   * @param more directives of the server block
   */
  Nginx(Path folder, String listen, String more) throws IOException {
    port = Ports.free();
    Path home = Files.createTempDirectory(folder, "nginx");
    Path config =
        Files.writeString(
            home.resolve("nginx.conf"),
            """
            daemon off;
            master_process off;
            error_log stderr warn;
            pid %1$s/pid;
            events {}
            http {
              access_log off;
              client_body_temp_path %1$s; proxy_temp_path %1$s; fastcgi_temp_path %1$s;
              uwsgi_temp_path %1$s; scgi_temp_path %1$s;
              server {
                listen 127.0.0.1:%2$d %3$s;
                %4$s
                location / {
                  return 200 "$server_protocol $ssl_server_name $ssl_client_s_dn $ssl_session_reused";
                }
              }
            }
            """
                .formatted(home, port, listen, more));
    Process started;
    try {
      started =
          new ProcessBuilder("nginx", "-p", home.toString(), "-c", config.toString())
              .redirectErrorStream(true)
              .redirectOutput(home.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      assumeTrue(false, "no nginx here");
      throw e;
    }
    process = started;
    await().until(this::listens);
  }

  private boolean listens() {
    try (var socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
