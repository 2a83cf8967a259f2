package dev.weft.dist;

import dev.weft.testkit.cluster.Cluster;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one {@link InstalledMesh}, which is installed before a class begins, and goes
 * when all are over.
 */
final class InstalledMeshExtension implements BeforeAllCallback, ParameterResolver {
  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(InstalledMeshExtension.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    mesh(context).install();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == InstalledMesh.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return mesh(context);
  }

  private static InstalledMesh mesh(ExtensionContext context) {
    // The store of the root closes it after the last class.
    return context
        .getRoot()
        .getStore(OURS)
        .getOrComputeIfAbsent(
            InstalledMesh.class, key -> new InstalledMesh(Cluster.open()), InstalledMesh.class);
  }
}
