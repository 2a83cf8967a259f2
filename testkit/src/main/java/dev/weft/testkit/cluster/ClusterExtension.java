package dev.weft.testkit.cluster;

import java.lang.System.Logger.Level;
import java.lang.reflect.AnnotatedElement;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Leaves out what needs a cluster where there is none, and gives each test its {@link Cluster}. */
final class ClusterExtension implements ExecutionCondition, ParameterResolver {
  private static final System.Logger LOG = System.getLogger(ClusterExtension.class.getName());
  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(ClusterExtension.class);
  private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (Cluster.available()) {
      return ConditionEvaluationResult.enabled("KUBECONFIG is set");
    }
    String what = context.getElement().map(ClusterExtension::shown).orElse("a test");
    if (TOLD.add(what)) {
      LOG.log(Level.WARNING, "left out: {0}: {1}", what, Cluster.NONE);
    }
    return ConditionEvaluationResult.disabled(Cluster.NONE);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Cluster.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // One per context: the store closes it when the test, or the class that took it, is over.
    return context
        .getStore(OURS)
        .getOrComputeIfAbsent(Cluster.class, key -> Cluster.open(), Cluster.class);
  }

  private static String shown(AnnotatedElement element) {
    return element instanceof Class<?> type ? type.getSimpleName() : element.toString();
  }
}
