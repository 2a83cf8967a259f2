/**
 * The application that the demo's services are made of, and the plain HTTP/1.1 client that it and
 * the load generator use. It never retries, so whatever fails shows.
 *
 * <p>Imports only the JDK: each application is a process of its own whose class path is one jar.
 * Threads: one virtual thread per connection.
 */
@NullMarked
package dev.weft.cli.demo.app;

import org.jspecify.annotations.NullMarked;
