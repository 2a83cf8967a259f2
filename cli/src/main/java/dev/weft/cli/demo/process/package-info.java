/**
 * The demo's child processes and what they need: ports, and waiting on conditions. Used by the
 * demo's main thread; children end with their parent. Imports only the JDK.
 */
@NullMarked
package dev.weft.cli.demo.process;

import org.jspecify.annotations.NullMarked;
