/**
 * The demo's load generator, which never retries, and what it counts. Threads: one per connection;
 * counts may be read by any thread. May import {@code demo.app}.
 */
@NullMarked
package dev.weft.cli.demo.load;

import org.jspecify.annotations.NullMarked;
