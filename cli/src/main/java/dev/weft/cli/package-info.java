/**
 * The {@code weft} command: one class per subcommand, and what they share (the connection, tables,
 * YAML, kinds).
 *
 * <p>Everything runs on the main thread of a process that lives for one command. May import the
 * public API's stubs, {@code dev.weft.controlplane.app} (to run a control plane in this process),
 * {@code dev.weft.controlplane.webhook.injection} and {@code dev.weft.cli.demo}; nothing imports
 * this package.
 */
@NullMarked
package dev.weft.cli;

import org.jspecify.annotations.NullMarked;
