/**
 * {@code weft demo}: starts a small mesh of real processes on the loopback address, puts it under
 * load, and either shows it or checks it step by step.
 *
 * <p>Threads: the main thread runs the steps and starts processes; the load generator has a thread
 * per connection. May import the public API's stubs and {@code demo.app}; talks to every other part
 * as a process.
 */
@NullMarked
package dev.weft.cli.demo;

import org.jspecify.annotations.NullMarked;
