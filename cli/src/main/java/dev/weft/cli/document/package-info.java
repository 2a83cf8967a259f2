/**
 * The commands about documents: {@code apply}, {@code validate}, {@code delete}, {@code get},
 * {@code history}, {@code diff} and {@code rollback}.
 *
 * <p>Main thread of a process that lives for one command. May import the public API's stubs, {@code
 * dev.weft.cli.connection}, {@code output} and {@code diff}.
 */
@NullMarked
package dev.weft.cli.document;

import org.jspecify.annotations.NullMarked;
