package dev.weft.controlplane.webhook;

import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.InvalidConfigException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of injection and admission that is in force. A document that is wrong leaves
 * the last good one, and is said so in the log and in {@link #problem}. Safe from any thread.
 */
public final class InjectorInForce {
  private static final System.Logger LOG = System.getLogger(InjectorInForce.class.getName());

  private final InjectionConfig standard;
  private final boolean clusterHasNative;
  private volatile State state;
  private volatile String problem = "";

  private record State(InjectionConfig config, Injector injector) {}

  /**
   * @param standard until there is a document, and for what it does not say
   * @param clusterHasNative whether the cluster has native sidecars
   */
  public InjectorInForce(InjectionConfig standard, boolean clusterHasNative) {
    this.standard = standard;
    this.clusterHasNative = clusterHasNative;
    state = new State(standard, new Injector(standard, clusterHasNative));
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
    if (!config.equals(state.config)) {
      state = new State(config, new Injector(config, clusterHasNative));
      LOG.log(
          Level.INFO, "injecting {0}, template {1}", config.image(), state.injector.templateHash());
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
