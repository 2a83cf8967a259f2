/**
 * How a command reaches a control plane, the one that is named or the one in a cluster, and what a
 * person is told when it does not.
 *
 * <p>Main thread of a process that lives for one command. May import the public API's stubs and
 * {@code dev.weft.cli.cluster}.
 */
@NullMarked
package dev.weft.cli.connection;

import org.jspecify.annotations.NullMarked;
