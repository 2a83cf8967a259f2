/**
 * The {@code weft} command, and its subcommands that have no package of their own.
 *
 * <p>Everything runs on the main thread of a process that lives for one command. May import the
 * public API's stubs, {@code dev.weft.controlplane.app} (to run a control plane in this process),
 * {@code dev.weft.controlplane.webhook.injection} and every package below it; none of those imports
 * this one.
 */
@NullMarked
package dev.weft.cli;

import org.jspecify.annotations.NullMarked;
