/**
 * How commands print: tables, YAML and JSON, documents in one line, moments.
 *
 * <p>Main thread of a process that lives for one command. May import the public API's messages.
 */
@NullMarked
package dev.weft.cli.output;

import org.jspecify.annotations.NullMarked;
