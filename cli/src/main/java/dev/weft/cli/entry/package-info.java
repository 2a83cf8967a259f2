/**
 * {@code weft config-entry}: the configuration of applications. An entry is a document; what is
 * done with documents of every kind is done by {@code dev.weft.cli.document}.
 *
 * <p>Main thread of a process that lives for one command. May import the public API's stubs, {@code
 * dev.weft.cli.document}, {@code connection} and {@code output}.
 */
@NullMarked
package dev.weft.cli.entry;

import org.jspecify.annotations.NullMarked;
