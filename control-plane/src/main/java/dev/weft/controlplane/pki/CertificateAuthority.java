package dev.weft.controlplane.pki;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The authority of a mesh's own endpoints, as one replica has it: makes the root if there is none,
 * rotates it with an overlap, and keeps a serving certificate in memory that is never older than
 * three fifths of its life. Replicas share the root by a {@link RootStore}; each signs for itself.
 *
 * <p>Owns one thread, on which the store is read and written; {@link #look} is for tests.
 */
public final class CertificateAuthority implements ServerIdentity {
  private static final System.Logger LOG = System.getLogger(CertificateAuthority.class.getName());
  private static final long LOOK_SECONDS = 10;
  private static final long ASK_AGAIN_MILLIS = 500;

  /** Below what a pod is given to start in (deploy/k8s), so that the reason is said. */
  private static final Duration PATIENCE = Duration.ofSeconds(100);

  private final RootStore store;
  private final List<String> names;
  private final PkiTimes times;
  private final InstantSource clock;
  private final ServingKey serving = new ServingKey();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-pki").daemon(true).factory());
  private volatile @Nullable Roots roots;
  private volatile String trusted = "";
  private volatile String problem = "";
  private volatile boolean away;
  private @Nullable X509Certificate signedBy;

  private CertificateAuthority(
      RootStore store, List<String> names, PkiTimes times, InstantSource clock) {
    this.store = store;
    this.names = List.copyOf(names);
    this.times = times;
    this.clock = clock;
  }

  /**
   * Reads or makes the root and signs a first certificate; blocks meanwhile, and up to 100 s for a
   * store that is away.
   *
   * @param names of the server, as its callers use them: host names and IP addresses
   * @throws PkiException one line, when there is no root to be had
   */
  public static CertificateAuthority open(
      RootStore store, List<String> names, PkiTimes times, InstantSource clock)
      throws PkiException {
    var authority = new CertificateAuthority(store, names, times, clock);
    authority.look();
    authority.awaitStore();
    if (authority.roots == null) {
      authority.close();
      throw new PkiException(authority.problem, null);
    }
    authority.thread.scheduleWithFixedDelay(
        authority::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    return authority;
  }

  private void awaitStore() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (roots == null && away && System.nanoTime() - deadline < 0) {
      try {
        thread.schedule(this::look, ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS).get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
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

  /** Until when the authority that signs is in force. */
  public Instant rootNotAfter() {
    Roots held = roots;
    return held == null ? Instant.EPOCH : held.signer().notAfter();
  }

  /** Why the store could not be read, used or written at the last look; empty when it could. */
  public String problem() {
    return problem;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** Brings root and certificate to where they should be by now. */
  synchronized void look() {
    String wrong = "";
    away = false;
    try {
      keepRoots();
    } catch (RootStoreAwayException e) {
      away = true;
      wrong = String.valueOf(e.getMessage());
    } catch (IOException e) {
      wrong = String.valueOf(e.getMessage());
    } catch (PkiException e) {
      wrong =
          store.place()
              + " cannot be used: "
              + e.getMessage()
              + "; remove it, and a new one is made";
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "looking after " + store.place() + " failed; it goes on", e);
      wrong = e.toString();
    }
    if (!wrong.isEmpty() && !wrong.equals(problem)) {
      LOG.log(
          Level.WARNING,
          "the authority for TLS: {0}{1}",
          wrong,
          roots == null ? "" : " (what is held stays in force)");
    }
    problem = wrong;
    keepServing();
  }

  private void keepRoots() throws IOException, PkiException {
    Instant now = clock.instant();
    RootStore.Held held = store.read();
    Roots known = roots;
    Roots found;
    Roots wanted;
    if (held == null) {
      // Removed while we have it: a rotation is wished for.
      found = null;
      wanted = known == null ? Roots.make(now, times) : known.rotate(now, times);
    } else {
      found = Roots.parse(held.text());
      wanted = found.advance(now, times);
    }
    if (!wanted.equals(found)) {
      String version = held == null ? null : held.version();
      if (!store.write(wanted.text(), Pem.text(wanted.trusted()), version)) {
        // Another replica was quicker: what it wrote is as good.
        RootStore.Held theirs = store.read();
        if (theirs == null) {
          throw new IOException(store.place() + " comes and goes; trying again");
        }
        wanted = Roots.parse(theirs.text());
      } else {
        LOG.log(
            Level.INFO,
            "{0}: {1} signs, until {2}; trusted are {3}",
            store.place(),
            wanted.signer().certificate().getSubjectX500Principal().getName(),
            wanted.signer().notAfter(),
            Integer.toString(wanted.trusted().size()));
      }
    }
    roots = wanted;
    trusted = Pem.text(wanted.trusted());
  }

  private void keepServing() {
    Roots held = roots;
    if (held == null) {
      return;
    }
    Instant now = clock.instant();
    KeyedCertificate shown = serving.current();
    X509Certificate signer = held.signer().certificate();
    if (shown != null
        && signer.equals(signedBy)
        && now.isBefore(shown.notAfter().minus(times.servingRenewal()))) {
      return;
    }
    serving.show(CertificateIssuer.serving(held.signer(), names, now, times.serving()));
    signedBy = signer;
  }
}
