/**
 * Makes container images from the distribution, without a container daemon and without a registry:
 * a runtime of the JDK's modules that are needed, the system's libraries that it needs, the jars,
 * the ahead-of-time cache, as an archive that containerd, kind, k3d and Docker load (ADR 0018).
 *
 * <p>Everything runs on the main thread of a process that lives for one command. Imports nothing of
 * Weft; only {@code dev.weft.cli} imports this package.
 */
@NullMarked
package dev.weft.cli.images;

import org.jspecify.annotations.NullMarked;
