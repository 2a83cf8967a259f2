/**
 * The commands about instances: {@code registry list} and an operator's word on them.
 *
 * <p>Main thread of a process that lives for one command. May import the public API's stubs, {@code
 * dev.weft.cli.connection} and {@code output}.
 */
@NullMarked
package dev.weft.cli.registry;

import org.jspecify.annotations.NullMarked;
