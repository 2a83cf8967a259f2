package dev.weft.controlplane.webhook;

import dev.weft.controlplane.auth.kubernetes.ChangeWatch;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What ties admission to its cluster: reads the ConfigMap {@code weft-injector}, and keeps in the
 * webhook configurations whose certificates are to be trusted. Every replica does so: all write the
 * same. Owns one thread, on which it looks every five seconds, and as soon as the ConfigMap
 * changes; an API server that is away leaves what was.
 */
public final class ClusterAdmission implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ClusterAdmission.class.getName());
  static final String INJECTOR = "weft-injector";
  static final String VALIDATOR = "weft-validator";

  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final int FIRST_MINOR_WITH_NATIVE = 29;
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,4}");

  private final KubernetesClient client;
  private final String namespace;
  private final InjectorInForce inForce;
  private final Supplier<String> trustedPem;
  private final ChangeWatch<ConfigMap> watch;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-admission-cluster").daemon(true).factory());

  /** Of the thread: what was said last, so that nothing is said twice. */
  private String said = "";

  private ClusterAdmission(
      KubernetesClient client,
      String namespace,
      InjectorInForce inForce,
      Supplier<String> trustedPem) {
    this.client = client;
    this.namespace = namespace;
    this.inForce = inForce;
    this.trustedPem = trustedPem;
    watch =
        new ChangeWatch<>(
            client.configMaps().inNamespace(namespace).withName(INJECTOR), this::lookSoon);
  }

  /**
   * Begins to look; the first time at once.
   *
   * @param client stays its owner's to close
   * @param namespace of the control plane
   * @param trustedPem the certificates that the API server is to trust, in PEM
   */
  public static ClusterAdmission start(
      KubernetesClient client,
      String namespace,
      InjectorInForce inForce,
      Supplier<String> trustedPem) {
    var admission = new ClusterAdmission(client, namespace, inForce, trustedPem);
    admission.thread.scheduleWithFixedDelay(
        admission::look, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
    return admission;
  }

  @Override
  public void close() {
    watch.close();
    thread.shutdownNow();
  }

  private void lookSoon() {
    if (looking.compareAndSet(false, true)) {
      try {
        thread.execute(this::look);
      } catch (RejectedExecutionException e) {
        // It is being closed.
      }
    }
  }

  private void look() {
    looking.set(false);
    try {
      watch.keep();
      inForce.clusterHasNative(hasNativeSidecars());
      ConfigMap config = client.configMaps().inNamespace(namespace).withName(INJECTOR).get();
      inForce.update(
          config == null || config.getData() == null
              ? null
              : config.getData().get(InjectionConfigReader.KEY));
      String trusted = trustedPem.get();
      if (!trusted.isEmpty()) {
        String bundle =
            Base64.getEncoder().encodeToString(trusted.getBytes(StandardCharsets.US_ASCII));
        mutating(bundle);
        validating(bundle);
      }
      say("");
    } catch (RuntimeException e) {
      say(String.valueOf(e.getMessage()));
    }
  }

  /** True when it does not say: what is still maintained has them. */
  private boolean hasNativeSidecars() {
    VersionInfo version = client.getKubernetesVersion();
    String minor = version == null ? "" : String.valueOf(version.getMinor()).replace("+", "");
    return !DIGITS.matcher(minor).matches() || Integer.parseInt(minor) >= FIRST_MINOR_WITH_NATIVE;
  }

  private void mutating(String bundle) {
    Resource<MutatingWebhookConfiguration> resource =
        client.admissionRegistration().v1().mutatingWebhookConfigurations().withName(INJECTOR);
    MutatingWebhookConfiguration now = resource.get();
    if (now != null) {
      patch(
          resource,
          now,
          now.getWebhooks().stream().map(webhook -> webhook.getClientConfig()).toList(),
          bundle);
    }
  }

  private void validating(String bundle) {
    Resource<ValidatingWebhookConfiguration> resource =
        client.admissionRegistration().v1().validatingWebhookConfigurations().withName(VALIDATOR);
    ValidatingWebhookConfiguration now = resource.get();
    if (now != null) {
      patch(
          resource,
          now,
          now.getWebhooks().stream().map(webhook -> webhook.getClientConfig()).toList(),
          bundle);
    }
  }

  /** Writes only what is not so yet. */
  private static <T extends HasMetadata> void patch(
      Resource<T> resource, T now, List<@Nullable WebhookClientConfig> webhooks, String bundle) {
    var operations = new StringBuilder();
    for (int i = 0; i < webhooks.size(); i++) {
      WebhookClientConfig config = webhooks.get(i);
      if (config != null && !bundle.equals(config.getCaBundle())) {
        operations
            .append(",{\"op\":\"add\",\"path\":\"/webhooks/")
            .append(i)
            .append("/clientConfig/caBundle\",\"value\":\"")
            .append(bundle)
            .append("\"}");
      }
    }
    if (!operations.isEmpty()) {
      String unchanged =
          "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\""
              + now.getMetadata().getResourceVersion()
              + "\"}";
      resource.patch(PatchContext.of(PatchType.JSON), unchanged + operations + "]");
    }
  }

  private void say(String problem) {
    if (problem.equals(said)) {
      return;
    }
    said = problem;
    if (problem.isEmpty()) {
      LOG.log(Level.INFO, "the cluster's configuration of admission is read and kept again");
    } else {
      LOG.log(
          Level.WARNING, "the cluster''s configuration of admission stays as it is: {0}", problem);
    }
  }
}
