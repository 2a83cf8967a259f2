package dev.weft.controlplane.webhook;

import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.InvalidConfigException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of injection and admission that is in force. A document that is wrong leaves
 * the last good one, and is said so in the log and in {@link #problem}. Written by one thread, read
 * by any.
 */
public final class InjectorInForce {
  private static final System.Logger LOG = System.getLogger(InjectorInForce.class.getName());

  private final InjectionConfig standard;
  private volatile State state;
  private volatile String problem = "";

  private record State(InjectionConfig config, boolean clusterHasNative, Injector injector) {
    static State of(InjectionConfig config, boolean clusterHasNative) {
      return new State(config, clusterHasNative, new Injector(config, clusterHasNative));
    }
  }

  /**
   * Of a cluster with native sidecars, until {@link #clusterHasNative} says otherwise.
   *
   * @param standard until there is a document, and for what it does not say
   */
  public InjectorInForce(InjectionConfig standard) {
    this.standard = standard;
    state = State.of(standard, true);
  }

  /** Whether the cluster has native sidecars. */
  void clusterHasNative(boolean has) {
    State now = state;
    if (now.clusterHasNative != has) {
      state = State.of(now.config, has);
    }
  }

  /**
   * Takes the document of the ConfigMap {@code weft-injector}; null: there is none, the defaults
   * hold.
   */
  public void update(@Nullable String document) {
    InjectionConfig config = standard;
    try {
      if (document != null) {
        config =
            InjectionConfigReader.read(
                "weft-injector/" + InjectionConfigReader.KEY, document, standard);
      }
    } catch (InvalidConfigException e) {
      String wrong = String.valueOf(e.getMessage());
      if (!wrong.equals(problem)) {
        LOG.log(Level.ERROR, "injection goes on as before, its new document is wrong: {0}", wrong);
      }
      problem = wrong;
      return;
    }
    problem = "";
    State now = state;
    if (!config.equals(now.config)) {
      State next = State.of(config, now.clusterHasNative);
      state = next;
      LOG.log(
          Level.INFO, "injecting {0}, template {1}", config.image(), next.injector.templateHash());
    }
  }

  /** What is wrong with the newest document; empty when it is in force. */
  public String problem() {
    return problem;
  }

  public InjectionConfig config() {
    return state.config;
  }

  Injector injector() {
    return state.injector;
  }
}
