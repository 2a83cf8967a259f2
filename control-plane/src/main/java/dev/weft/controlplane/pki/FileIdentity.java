package dev.weft.controlplane.pki;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A certificate of one's own, in files that are read again every ten seconds: a content that is
 * good and new is shown from then on, and one that is not leaves the old one in force. Owns one
 * thread.
 */
public final class FileIdentity implements ServerIdentity {
  private static final System.Logger LOG = System.getLogger(FileIdentity.class.getName());
  private static final long LOOK_SECONDS = 10;

  private final Path certificateFile;
  private final Path keyFile;
  private final @Nullable Path trustedFile;
  private final InstantSource clock;
  private final ServingKey serving = new ServingKey();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-pki").daemon(true).factory());
  private volatile String trusted = "";
  private Texts read = new Texts("", "", "");
  private String problem = "";

  private record Texts(String certificate, String key, String trusted) {}

  private FileIdentity(
      Path certificateFile, Path keyFile, @Nullable Path trustedFile, InstantSource clock) {
    this.certificateFile = certificateFile;
    this.keyFile = keyFile;
    this.trustedFile = trustedFile;
    this.clock = clock;
  }

  /**
   * Reads and checks the files.
   *
   * @param trustedFile the certificates that callers have to trust; null: they know themselves
   * @throws PkiException one line: which file is wrong, and how
   */
  public static FileIdentity open(
      Path certificateFile, Path keyFile, @Nullable Path trustedFile, InstantSource clock)
      throws PkiException {
    var identity = new FileIdentity(certificateFile, keyFile, trustedFile, clock);
    try {
      identity.load();
    } catch (PkiException e) {
      identity.close();
      throw e;
    }
    identity.thread.scheduleWithFixedDelay(
        identity::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    return identity;
  }

  @Override
  public X509ExtendedKeyManager keyManager() {
    return serving;
  }

  @Override
  public String trustedPem() {
    return trusted;
  }

  @Override
  public Instant notAfter() {
    return serving.notAfter();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** Puts in force what is new. */
  synchronized void look() {
    String wrong = "";
    try {
      load();
    } catch (PkiException e) {
      wrong = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "looking at " + certificateFile + " failed; it goes on", e);
    }
    if (!wrong.isEmpty() && !wrong.equals(problem)) {
      LOG.log(
          Level.WARNING,
          "the new certificate is refused, the old one (good until {0}) stays: {1}",
          notAfter(),
          wrong);
    }
    problem = wrong;
  }

  private void load() throws PkiException {
    var now =
        new Texts(
            text(certificateFile), text(keyFile), trustedFile == null ? "" : text(trustedFile));
    if (now.equals(read)) {
      return;
    }
    KeyedCertificate loaded = parse(now);
    if (trustedFile != null && certificates(trustedFile, now.trusted).isEmpty()) {
      throw new PkiException(trustedFile + " holds no certificate, expected PEM", null);
    }
    trusted = now.trusted;
    serving.show(loaded);
    read = now;
    LOG.log(
        Level.INFO,
        "callers are shown the certificate of {0}, good until {1}",
        certificateFile,
        loaded.notAfter());
  }

  private KeyedCertificate parse(Texts texts) throws PkiException {
    List<X509Certificate> chain = certificates(certificateFile, texts.certificate);
    if (chain.isEmpty()) {
      throw new PkiException(certificateFile + " holds no certificate, expected PEM", null);
    }
    Instant notAfter = chain.getFirst().getNotAfter().toInstant();
    if (!clock.instant().isBefore(notAfter)) {
      throw new PkiException(certificateFile + ": the certificate expired on " + notAfter, null);
    }
    try {
      return KeyedCertificate.of(chain, Pem.privateKeyIn(texts.key, chain.getFirst()));
    } catch (PkiException e) {
      throw new PkiException(keyFile + ": " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> certificates(Path file, String text) throws PkiException {
    try {
      return Pem.certificates(text);
    } catch (PkiException e) {
      throw new PkiException(file + ": " + e.getMessage(), e);
    }
  }

  private static String text(Path file) throws PkiException {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new PkiException(file + " does not exist", e);
    } catch (IOException e) {
      throw new PkiException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
