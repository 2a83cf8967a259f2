package dev.weft.testkit.cluster;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class or a method that needs Kubernetes. It runs on the cluster of {@code KUBECONFIG}, and is
 * left out, saying so, where that is not set. A parameter of type {@link Cluster} is a namespace of
 * the test's own. Tag: {@code cluster}.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Tag("cluster")
@ExtendWith(ClusterExtension.class)
public @interface ClusterTest {}
