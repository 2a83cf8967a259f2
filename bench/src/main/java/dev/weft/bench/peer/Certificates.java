package dev.weft.bench.peer;

import dev.weft.bench.process.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate authority and one P-256 certificate that everybody shows, made by {@code openssl}:
 * {@code ca.pem}, {@code cert.pem}, {@code key.pem}, and {@code both.pem} for HAProxy.
 */
public final class Certificates {
  private Certificates() {}

  /**
   * Makes them in the folder.
   *
   * @throws IOException when openssl is missing or refuses; with its output
   */
  public static void make(Path folder) throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve("extensions"),
        """
        subjectAltName=DNS:*.bench,DNS:localhost,IP:127.0.0.1,URI:spiffe://bench/ns/bench/sa/bench
        extendedKeyUsage=serverAuth,clientAuth
        """);
    String curve = "ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(
        folder,
        "req -x509 -newkey " + curve + " -keyout ca-key.pem -out ca.pem -days 30 -subj /CN=bench");
    openssl(folder, "req -newkey " + curve + " -keyout key.pem -out cert.csr -subj /CN=svc.bench");
    openssl(
        folder,
        "x509 -req -in cert.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 30"
            + " -extfile extensions -out cert.pem");
    Files.writeString(
        folder.resolve("both.pem"),
        Files.readString(folder.resolve("cert.pem")) + Files.readString(folder.resolve("key.pem")));
  }

  private static void openssl(Path folder, String arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Programs.need("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("openssl " + arguments + " failed: " + said);
    }
  }
}
