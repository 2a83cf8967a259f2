/**
 * {@code weft install}, {@code upgrade} and {@code uninstall}: print the manifests of {@code
 * deploy/k8s}, which the distribution carries, for {@code kubectl}.
 *
 * <p>Everything runs on the main thread of a process that lives for one command. Of Weft it imports
 * {@code dev.weft.cli.cluster}; only {@code dev.weft.cli} imports this package.
 */
@NullMarked
package dev.weft.cli.install;

import org.jspecify.annotations.NullMarked;
